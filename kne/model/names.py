"""What names, labels and annotations may look like, and what Kubernetes says if they do not.

Each function returns the reasons against a text, none if it may be.
Source: k8s.io/apimachinery pkg/util/validation, pkg/api/validation.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

ANNOTATIONS = 256 * 1024
"""Bytes that the annotations of one object may have together."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern, the bytes that may match it, and how Kubernetes words it (`RegexError`)."""

    pattern: re.Pattern[str]
    longest: int
    text: str

    def against(self, text: str) -> list[str]:
        reasons = []
        if len(text.encode("utf-8", "surrogatepass")) > self.longest:
            reasons.append(f"must be no more than {self.longest} bytes")
        if not self.pattern.fullmatch(text):
            reasons.append(self.text)
        return reasons


def _rule(pattern: str, longest: int, text: str, *examples: str) -> _Rule:
    shown = " or ".join(f"'{example}', " for example in examples)
    regex = f"regex used for validation is '{pattern}'"
    return _Rule(re.compile(pattern), longest, f"{text} (e.g. {shown}{regex})")


_ENDS = "must start and end with an alphanumeric character"
_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

_LABEL = _rule(
    _1123,
    63,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    + _ENDS,
    "my-name",
    "123-abc",
)
_SUBDOMAIN = _rule(
    rf"{_1123}(\.{_1123})*",
    253,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    f"'.', and {_ENDS}",
    "example.com",
)
_LABEL_1035 = _rule(
    "[a-z]([-a-z0-9]*[a-z0-9])?",
    63,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character",
    "my-name",
    "abc-123",
)
_QUALIFIED = _rule(
    _NAME,
    63,
    f"must consist of alphanumeric characters, '-', '_' or '.', and {_ENDS}",
    "MyName",
    "my.name",
    "123-abc",
)
_VALUE = _rule(
    f"({_NAME})?",
    63,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    f"'.', and {_ENDS}",
    "MyValue",
    "my_value",
    "12345",
)

Check = Callable[[str], list[str]]

label: Check = _LABEL.against
"""A name that is a DNS label: a Namespace."""

label_1035: Check = _LABEL_1035.against
"""A DNS label that begins with a letter: a Service."""

subdomain: Check = _SUBDOMAIN.against
"""A name as most objects have one."""

label_value: Check = _VALUE.against
"""A value of a label."""


def path_segment(text: str) -> list[str]:
    """A name that only has to fit into a URL: a Role (`system:node`)."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{sign}'" for sign in "/%" if sign in text]


def qualified(text: str) -> list[str]:
    """A key of a label or annotation: a name, with or without a domain before it."""
    *prefix, name = text.split("/")
    if len(prefix) > 1:
        domain = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {_QUALIFIED.text} {domain}"]
    reasons = []
    if prefix == [""]:
        reasons.append("prefix part must be non-empty")
    elif prefix:
        reasons += [f"prefix part {reason}" for reason in subdomain(prefix[0])]
    if not name:
        reasons.append("name part must be non-empty")
    return reasons + [f"name part {reason}" for reason in _QUALIFIED.against(name)]
