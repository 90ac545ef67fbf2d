"""Tables that the API server filled, printed as kubectl prints them.

Source: k8s.io/cli-runtime pkg/printers/tableprinter.go (printTable, decorateTable).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kne.cli.printing import Columns, Terminal

ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@dataclass(frozen=True, slots=True)
class View:
    """How objects are to be shown; `output` is the text after `-o`."""

    output: str = ""
    with_namespace: bool = False
    with_labels: bool = False
    headers: bool = True
    sort_by: str = ""

    @property
    def is_table(self) -> bool:
        return self.output in ("", "wide")


class TablePrinter:
    """Prints the tables of one kind after one another, under one heading.

    `label` stands before each name (`broker.eventing.knative.dev`), empty for none.
    """

    def __init__(self, terminal: Terminal, view: View, label: str = "") -> None:
        self._terminal = terminal
        self._view = view
        self._label = label
        self._columns = Columns()
        self._shown: list[int] = []
        self._headings: list[str] = []
        self._started = not view.headers

    def print(self, *tables: dict[str, Any]) -> None:
        """Print the rows of all tables, under the headings if they are the first ones."""
        rows: list[list[str]] = []
        for table in tables:
            if table.get("columnDefinitions"):  # only the first table of a watch has them
                self._choose(table["columnDefinitions"])
            found = [self._cells(row) for row in table.get("rows") or ()]
            if found and not self._started:
                rows.append(self._headings)
                self._started = True
            rows += found
        for line in self._columns.lines(rows):
            self._terminal.data(line)

    def _choose(self, definitions: Sequence[dict[str, Any]]) -> None:
        wide = self._view.output == "wide"
        self._shown = [n for n, it in enumerate(definitions) if wide or not it.get("priority")]
        names = [str(definitions[number]["name"]).upper() for number in self._shown]
        self._headings = self._framed(names, namespace="NAMESPACE", labels="LABELS")

    def _cells(self, row: dict[str, Any]) -> list[str]:
        cells = row.get("cells") or []
        found = [text_of(cells[number]) for number in self._shown if number < len(cells)]
        if self._label and found:
            found[0] = f"{self._label}/{found[0]}"
        metadata = (row.get("object") or {}).get("metadata") or {}
        labels = ",".join(f"{k}={v}" for k, v in sorted((metadata.get("labels") or {}).items()))
        return self._framed(
            found, namespace=str(metadata.get("namespace") or ""), labels=labels or "<none>"
        )

    def _framed(self, row: list[str], *, namespace: str, labels: str) -> list[str]:
        before = [namespace] if self._view.with_namespace else []
        return before + row + ([labels] if self._view.with_labels else [])


def text_of(cell: Any) -> str:
    """A cell as text: its first line, nothing for null."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    first, *more = re.split(r"[\f\n\r]", str(cell), maxsplit=1)
    return first + "..." if more else first


def natural(value: Any) -> tuple[int, list[tuple[int, int, str]]]:
    """A key to sort values by: absent ones first, numbers in texts by their size."""
    if value is None:
        return (0, [])
    parts = re.findall(r"\d+|\D+", str(value))
    return (1, [(0, int(it), "") if it.isdigit() else (1, 0, it) for it in parts])
