"""`python -m tests.fidelity.page` writes docs/fidelity.md from the rules."""

from collections import Counter
from pathlib import Path

from tests.fidelity.rules import RULES, Rule

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"

HEAD = """# How far kne is the same as Knative

Made from `tests/fidelity/rules.py` by `python -m tests.fidelity.page`; a test keeps it current. The
paragraphs are those of the specification kne is built from. What is different is told at length
in [differences.md](differences.md). `golden NAME` is a recording of the real Knative that kne is
held to.

"""


def page() -> str:
    """The whole page."""
    count = Counter(rule.verdict for rule in RULES)
    total = ", ".join(f"{count[v]} {v}" for v in ("same", "different", "not emulated"))
    lines = [
        f"{len(RULES)} rules: {total}.",
        "",
        "| paragraph | rule | verdict | shown by, or why not |",
        "|---|---|---|---|",
        *[_row(rule) for rule in RULES],
    ]
    return HEAD + "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    shown = rule.shown if rule.verdict == "not emulated" else f"`{rule.shown}`"
    return f"| {rule.paragraph} | {rule.text} | {rule.verdict} | {shown} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
