"""A CloudEvent as kne carries it: nothing parsed that need not be, nothing lost.

Attributes are text, extensions included: between two hops of a mesh every event travels in
binary mode, where all values are text (spec core A.3).  `data` is the body, byte for byte.
"""

from collections.abc import Mapping

REQUIRED = ("specversion", "id", "source", "type")
OPTIONAL = ("subject", "time", "dataschema", "datacontenttype")
CORE_1_0 = frozenset((*REQUIRED, *OPTIONAL))
CORE_0_3 = frozenset((*REQUIRED, "subject", "time", "schemaurl", "datacontenttype",
                      "datacontentencoding"))  # fmt: skip
TTL = "knativebrokerttl"
ARRIVAL = "knativearrivaltime"
ZERO_TIME = "0001-01-01T00:00:00Z"
"""What Go writes for a time that is not set."""


class Event:
    """One CloudEvent, never changed after it was made.

    `attributes` maps lower-case names to values; `data` is None when the event has none.
    """

    __slots__ = ("_bare", "_excerpt", "_wire", "attributes", "data")

    def __init__(self, attributes: Mapping[str, str], data: bytes | None = None) -> None:
        self.attributes = attributes
        self.data = data
        self._wire: bytes | None = None
        self._bare: Event | None = None
        self._excerpt: Excerpt | None = None

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def type(self) -> str:
        return self.attributes.get("type", "")

    @property
    def source(self) -> str:
        return self.attributes.get("source", "")

    @property
    def extensions(self) -> dict[str, str]:
        """The attributes that the specification does not name, sorted by name."""
        core = CORE_0_3 if self.attributes.get("specversion") == "0.3" else CORE_1_0
        return {k: v for k, v in sorted(self.attributes.items()) if k not in core}

    def with_attributes(self, **changes: str) -> "Event":
        """The same event with some attributes set."""
        return Event({**self.attributes, **changes}, self.data)

    def without(self, name: str) -> "Event":
        """The same event lacking one attribute; itself if it has none of that name."""
        if name not in self.attributes:
            return self
        return Event({k: v for k, v in self.attributes.items() if k != name}, self.data)

    def bare(self) -> "Event":
        """The event as filters and subscribers see it: without its time to live (core 2.3)."""
        if self._bare is None:
            self._bare = self.without(TTL)
        return self._bare

    def excerpt(self, most: int) -> "Event":
        """The event as it is remembered: with at most so many bytes of its data."""
        if self.data is None or len(self.data) <= most:
            return self
        if self._excerpt is None:
            self._excerpt = Excerpt(self.attributes, self.data[:most] or None, size=len(self.data))
        return self._excerpt

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Event)
            and self.attributes == other.attributes
            and (self.data or b"") == (other.data or b"")
        )

    def __hash__(self) -> int:
        return hash((self.id, self.source, self.data))

    def __repr__(self) -> str:
        return f"Event({dict(self.attributes)!r}, {self.data!r})"


class Excerpt(Event):
    """An event of which only the beginning of the data was kept; `size` is how long it was."""

    __slots__ = ("size",)

    def __init__(self, attributes: Mapping[str, str], data: bytes | None, *, size: int) -> None:
        super().__init__(attributes, data)
        self.size = size
