"""What may stand in an attribute, and how a broker writes it again (spec core A.1 to A.3)."""

import re
from datetime import UTC, datetime, timedelta

from kne import uri


class Malformed(ValueError):
    """It claims to be an event, and cannot be read or is not valid."""


class NotAnEvent(ValueError):
    """Nothing says that it is an event at all."""


_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z"
)
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_MEDIA_TYPE = re.compile(
    rf"\s*{_TOKEN}(/{_TOKEN})?\s*(;\s*{_TOKEN}\s*=\s*({_TOKEN}|\"(\\.|[^\"\\])*\")\s*)*;?\s*\Z",
    re.ASCII,
)
NAME = re.compile(r"[A-Za-z0-9]+\Z", re.ASCII)
"""What an extension may be called, letters in either case."""


def time(text: str) -> str:
    """A time in UTC, zeros at the end of the fraction cut off; at most nine digits are kept.

    Raises:
        Malformed: it is not an RFC 3339 time.
    """
    match = _TIME.match(text)
    if not match:
        raise Malformed(f"time is not RFC 3339: {text!r}")
    *date, fraction, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, date)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if sign:
            if int(hours) > 24 or int(minutes) > 59:
                raise ValueError("time zone offset out of range")
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            moment += -offset if sign == "+" else offset
    except (ValueError, OverflowError) as error:
        raise Malformed(f"time is not RFC 3339: {text!r}: {error}") from None
    digits = (fraction or "")[:9].rstrip("0")
    written = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}T{moment.time():%H:%M:%S}"
    return f"{written}.{digits}Z" if digits else f"{written}Z"


def uri_reference(name: str, text: str) -> str:
    """A URI reference as Go's parser writes it again.

    Raises:
        Malformed: it is none.
    """
    try:
        return uri.normalize(text)
    except ValueError as error:
        raise Malformed(f"{name} is not a URI: {error}") from None


def is_media_type(text: str) -> bool:
    """Whether Go's `mime.ParseMediaType` takes it."""
    return _MEDIA_TYPE.match(text) is not None


def media_type(content_type: str) -> str:
    """The part before the parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()
