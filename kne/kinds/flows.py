"""The kinds of the group flows.knative.dev, each in a module of its own."""

from kne.kinds.parallel import Parallel
from kne.kinds.sequence import Sequence

__all__ = ["Parallel", "Sequence"]
