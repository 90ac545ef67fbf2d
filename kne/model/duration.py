"""ISO 8601 durations, exactly as delivery specs read them (spec core 3.6a).

Knative reads them with `github.com/rickb777/date/period` v1.13.0, whose ways are kept: each
field holds tenths, further digits are dropped; fractions move down to the smallest field that is
given; a field holds 16 bits and the whole 64 bits of nanoseconds, and what is larger wraps round
(some 292 years).  So a schedule computed here is the schedule there.
"""

import re

_YEAR = 365_242_500
"""Millionths of a day in a year (`daysPerYearE4`)."""

_MONTH = 30_436_875
"""Millionths of a day in a month, a twelfth of a year (`daysPerMonthE6`)."""

_NUMBER = re.compile(r"([-+]?)0*([0-9]{1,19})")


def parse_duration(text: str) -> float:
    """Seconds of a duration; less than zero if it has a sign.

    Raises:
        ValueError: not a duration; the message is upstream's.
    """
    return nanoseconds(text) / 1_000_000_000


def nanoseconds(text: str) -> int:
    """The same in nanoseconds.

    Raises:
        ValueError: not a duration; the message is upstream's.
    """
    if text in ("", "-", "+"):
        raise ValueError("cannot parse a blank string as a period")
    if text == "P0":
        return 0
    rest = text[1:] if text[0] in "-+" else text
    if not rest.startswith("P"):
        raise ValueError(f"expected 'P' period mark at the start: {text}")
    date, t, clock = rest[1:].partition("T")
    time = _fields(clock, "HMS", text) if t else {}
    days = _fields(date, "YMWD", text)
    if not time and not days:
        raise ValueError(f"expected 'Y', 'M', 'W', 'D', 'H', 'M', or 'S' marker: {text}")
    fields = [
        days.get("Y", 0),
        days.get("M", 0),
        days.get("W", 0) * 7 + days.get("D", 0),
        time.get("H", 0),
        time.get("M", 0),
        time.get("S", 0),
    ]
    return _total(_signed(fields, text[0] == "-"))


def _fields(part: str, markers: str, text: str) -> dict[str, int]:
    """Tenths by marker, for the markers that are there, in this order (`parseField`)."""
    found = {}
    for marker in markers:
        before, mark, after = part.partition(marker)
        if mark and before:
            found[marker] = _tenths(before, marker, text)
            part = after
    if part:
        raise ValueError(f"unexpected remaining components {part}: {text}")
    return found


def _tenths(number: str, marker: str, text: str) -> int:
    """A number with one digit after its mark, times ten (`parseDecimalFixedPoint`)."""
    mark = "." if "." in number else ","
    whole, _, fraction = number.partition(mark)
    match = _NUMBER.fullmatch(whole + (fraction[:1] or "0"))
    found = int(match[1] + match[2]) if match else None
    if found is None or _wrap(found, 64) != found:
        raise ValueError(f"expected a number before the '{marker}' marker: {text}")
    return found


def _signed(fields: list[int], negative: bool) -> list[int]:
    """One sign for the whole, carried up and down (`normalise64`), in 16 bits (`toPeriod`).

    Without a sign in front, a first negative field makes the whole negative, and the fields
    after it count away from zero whatever their sign.
    """
    if not negative:
        negative = any(field < 0 for field in fields)
        fields = [abs(field) for field in fields]
    down = _move_down(_carry_up(fields))
    return [_wrap(-field if negative else field, 16) for field in down]


def _carry_up(fields: list[int]) -> list[int]:
    """Seconds into minutes, minutes into hours, months into years (`rippleUp`)."""
    years, months, days, hours, minutes, seconds = fields
    carried, seconds = _divide(seconds, 600)
    carried, minutes = _divide(minutes + carried * 10, 600)
    hours += carried * 10
    if hours > 32204:  # more would not fit into 16 bits; the same goes for the days
        carried, hours = _divide(hours, 240)
        days += carried * 10
    if days > 32760:
        carried, rest = _divide(days * 1_000_000, _MONTH)
        months += carried
        days = _divide(rest, 1_000_000)[0]
    carried, months = _divide(months, 120)
    return [years + carried * 10, months, days, hours, minutes, seconds]


def _move_down(fields: list[int]) -> list[int]:
    """Only the smallest field keeps a fraction (`moveFractionToRight`)."""
    smaller = (12_000_000, _MONTH, 24_000_000, 60_000_000, 60_000_000)  # millionths
    for i, factor in enumerate(smaller):
        whole, tenths = _divide(fields[i], 10)
        if tenths and any(fields[i + 1 :]):
            fields[i + 1] += _divide(tenths * factor, 1_000_000)[0]
            fields[i] = whole * 10
    return fields


def _total(fields: list[int]) -> int:
    """Nanoseconds of a period, in 64 bits (`Period.Duration`)."""
    years, months, days, hours, minutes, seconds = fields
    date = years * _YEAR + months * _MONTH + days * 1_000_000
    clock = hours * 360_000 + minutes * 6_000 + seconds * 100
    return _wrap(date * 8_640_000 + clock * 1_000_000, 64)


def _divide(number: int, by: int) -> tuple[int, int]:
    """Quotient and rest as Go has them: towards zero."""
    quotient = abs(number) // by * (1 if number >= 0 else -1)
    return quotient, number - quotient * by


def _wrap(number: int, bits: int) -> int:
    """What is left of a number in a signed integer of that many bits."""
    half = 1 << (bits - 1)
    return (number + half) % (1 << bits) - half
