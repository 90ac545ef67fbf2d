"""kne: Knative Eventing on a laptop."""

__version__ = "0.1.0"
