"""What is wrong with a file that is no YAML, and how to mend it.

libyaml says where it stopped and what it stumbled over; go-yaml, and so kubectl, uses the same
words, which people search for.  What to do about it depends on the line that is meant.
"""

import re

import yaml

from kne.errors import ManifestError, Where

_BAD = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What libyaml takes for a control character (`reader.c`)."""

_UTF8 = {
    "invalid start byte": "invalid leading UTF-8 octet",
    "invalid continuation byte": "invalid trailing UTF-8 octet",
    "unexpected end of data": "incomplete UTF-8 octet sequence",
}
_TEMPLATE = "this looks like a template ({{ … }}): render it first"


def not_text(error: UnicodeDecodeError, file: str) -> ManifestError:
    """Why bytes are no UTF-8 text."""
    before = error.object[: error.start].decode("utf-8", "replace")
    return ManifestError(
        f"yaml: {_UTF8.get(error.reason, error.reason)}",
        where=_end_of(before, file) if error.encoding == "utf-8" else Where(file),
        hint="save the file as UTF-8",
    )


def not_yaml(error: yaml.YAMLError, lines: list[str], file: str, first: int) -> ManifestError:
    """Why text is no YAML; `lines` is the whole file, `first` where reading began, from 0."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return _control_character(error, lines, file, first)
    problem, mark = str(error.problem or error.context), error.problem_mark or error.context_mark
    if problem == "could not find expected ':'":  # found out on a later line than it is meant
        mark = error.context_mark
    row, column = (mark.line, mark.column) if mark else (0, 0)
    why = ""
    if error.context and error.context_mark and error.context_mark.line < row:
        why = f"{error.context} that begins on line {error.context_mark.line + first + 1}"
    row = min(row + first, len(lines) - 1)
    return ManifestError(
        f"yaml: line {row + 1}: {problem}",
        where=Where(file, row + 1, column + 1),
        why=why,
        hint=_hint(problem, lines, row, column),
    )


def _control_character(
    error: yaml.YAMLError, lines: list[str], file: str, first: int
) -> ManifestError:
    for row in range(first, len(lines)):
        found = _BAD.search(lines[row])
        if found:
            return ManifestError(
                f"yaml: line {row + 1}: control characters are not allowed",
                where=Where(file, row + 1, found.start() + 1),
                why=f"there is a U+{ord(found[0]):04X} in this line",
                hint="remove it; in a value in double quotes it can be written as an escape",
            )
    return ManifestError(f"yaml: {error}", where=Where(file))


_ELLIPSES = ("...", "…", "***", ".")

_HINTS = {
    "could not find expected ':'": "a field needs a colon and a space after its name",
    "did not find expected key": "check the indentation of this line and of those before it",
    "did not find expected '-' indicator": "check the indentation: a list goes on with '- '",
    "did not find expected <document start>": "check the indentation of this line; a second object "
    "begins after a line '---'",
    "found unexpected end of stream": "a quote or a bracket is not closed",
    "found unexpected document indicator": "a quote is not closed",
    "did not find expected node content": "a '[' or a '{' is not closed",
    "did not find expected ',' or ']'": "a '[' is not closed",
    "did not find expected ',' or '}'": "a '{' is not closed",
}


def _hint(problem: str, lines: list[str], row: int, column: int) -> str:
    above = next((i for i in range(row - 1, -1, -1) if lines[i].strip()), row)
    for i in (row, above):
        if "{{" in lines[i]:
            return _TEMPLATE
        if lines[i].strip() in _ELLIPSES:
            return f"something was left out in line {i + 1}: put it in, or remove the line"
        if lines[i].startswith("$ "):
            return f"line {i + 1} looks like a command of a shell: remove it"
    if problem.startswith("found character that cannot start any token"):
        return _start(lines[row], column)
    if problem.startswith("mapping values are not allowed"):
        return _nesting(lines, row, above, column)
    return _HINTS.get(problem, "")


def _start(line: str, column: int) -> str:
    character = line[column : column + 1]
    if "\t" in (character, line[:1]):
        return "the line is indented with a tab: YAML wants spaces"
    return f"put quotes around a value that begins with {character}" if character else ""


def _nesting(lines: list[str], row: int, above: int, column: int) -> str:
    """A colon too many: in the value before it, or a line that is indented too far."""
    if ": " in lines[row][:column]:
        return "put quotes around a value that contains ': '"
    if _indent(lines[above]) < _indent(lines[row]):
        return (
            f"line {row + 1} is indented further than line {above + 1}, which has a value already: "
            "indent both alike"
        )
    return _HINTS["did not find expected key"]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _end_of(text: str, file: str) -> Where:
    """The place right after some text."""
    lines = re.split("\r\n|[\r\n]", text)
    return Where(file, len(lines), len(lines[-1]) + 1)
