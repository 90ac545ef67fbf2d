"""The house is in order: its map names every file, and nothing has outgrown its budget.

Budgets (docs/architecture.md): a file has at most 400 lines, a function at most 40.  A function is
counted from `def` to its last line, without decorators and without its docstring, so that nobody
is punished for explaining.
"""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAP = ROOT / "docs/architecture.md"
FOLDERS = ("kne", "tests", "benchmarks")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

# The patterns are written so that they do not find themselves.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|Not[I]mplementedError)\b")
MACHINE = re.compile(
    r"(?<![\w.:/])/(wor[k]|roo[t]|hom[e]|Users)/"  # somebody's folders
    r"|\bpyp[i]\.|--(extra-)?index-ur[l][ =]|--find-link[s]"  # where packages came from
    r"|\b(\w*gcr|ghcr|quay|docker)\.i[o]/|\bregistry[\w.-]*\.(io|com|k8s)/"  # where images lie
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Every Python file below those folders of the project, sorted."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def length(it: Function) -> int:
    """Lines of the function, without decorators and docstring."""
    lines = (it.end_lineno or it.lineno) - it.lineno + 1
    first = it.body[0]
    if ast.get_docstring(it) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def project_files() -> list[Path]:
    """What is, or would be, committed: tracked files, and new ones that are not ignored."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if found.returncode:
        pytest.skip("not a git work tree")
    return [
        path
        for name in sorted({*found.stdout.split("\0")} - {""})
        if (path := ROOT / name).is_file()
    ]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def findings(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Each line that the pattern is found in, as `file:line: what`."""
    return [
        f"{relative(path)}:{number}: {match[0]}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def test_the_map_names_every_file_once_and_no_other() -> None:
    rows = re.findall(r"^\| `(kne/[^`]*\.py)` +\| \S", MAP.read_text("utf-8"), re.MULTILINE)
    assert Counter(rows) == Counter(relative(path) for path in modules("kne"))


def test_files_that_the_docs_speak_of_exist() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = re.compile(r"`((?:kne|tests|docs|benchmarks|manifests)/[\w./-]+\.\w+)`")
    gone = [
        f"{relative(page)}: {name}"
        for page in pages
        for name in named.findall(page.read_text("utf-8"))
        if not (ROOT / name).exists()
    ]
    assert not gone


def test_tests_that_the_docs_cite_exist() -> None:
    cited = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
    gone = [
        f"{relative(page)}: {file}::{name}"
        for page in (ROOT / "docs").rglob("*.md")
        for file, name in cited.findall(page.read_text("utf-8"))
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]
    assert not gone


def test_no_file_has_over_400_lines() -> None:
    sizes = {relative(path): len(text_of(path).splitlines()) for path in modules(*FOLDERS)}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_has_over_40_lines() -> None:
    sizes = {
        f"{relative(path)}:{it.lineno} {it.name}": length(it)
        for path in modules(*FOLDERS)
        for it in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_the_length_of_a_function_leaves_out_docstring_and_decorators() -> None:
    code = '@decorator\ndef f(\n    x,\n):\n    """One.\n\n    Two.\n    """\n    return x\n'
    (it,) = ast.parse(code).body
    assert isinstance(it, ast.FunctionDef)
    assert length(it) == 4


def test_every_module_says_what_it_is() -> None:
    silent = [
        relative(path)
        for path in modules(*FOLDERS)
        if (text := text_of(path)).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent


def test_nothing_is_left_unfinished() -> None:
    assert findings(UNFINISHED, modules(*FOLDERS)) == []


def test_no_file_names_the_machine_it_was_made_on() -> None:
    assert findings(MACHINE, project_files()) == []
