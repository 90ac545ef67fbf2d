"""The kinds of the group eventing.knative.dev, each in a module of its own."""

from kne.kinds.broker import Broker
from kne.kinds.trigger import Trigger

__all__ = ["Broker", "Trigger"]
