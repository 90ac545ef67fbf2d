"""Manifests on disk, read for real, into a real store."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from kne.control.changes import lines
from kne.control.files import Files
from kne.control.folder import Folder
from kne.control.store import Store
from kne.errors import KneError
from kne.model.resource import Key

TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: {name}
spec:
  broker: {broker}
  filter:
    attributes:
      type: {type}
  subscriber:
    uri: http://example.com/
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: config-features
  namespace: knative-eventing
data:
  delivery-timeout: {value}
"""
TIMED = """\
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: b
spec:
  delivery:
    timeout: PT1S
"""


def trigger(name: str = "t", broker: str = "b", type: str = "x") -> str:
    return TRIGGER.format(name=name, broker=broker, type=type)


class Home:
    """A folder of manifests and what kne makes of it."""

    def __init__(self, path: Path) -> None:
        self.path = path / "m"
        self.path.mkdir()
        self.store = Store()
        self.folder = Folder(Files(["m"], path), self.store, "default")

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.path / f"{name}.yaml").write_text(text)

    def remove(self, name: str) -> None:
        (self.path / f"{name}.yaml").unlink()

    def read(self, touched: Iterable[Path] = ()) -> list[str]:
        """What is said of the changes, without the time they took."""
        said = lines(self.folder.read(frozenset(touched)), 9.4)
        return [line.removesuffix(" (9 ms)") for line in said]

    @property
    def names(self) -> list[str]:
        return [it.name for it in self.store.given()]

    @property
    def faults(self) -> list[str]:
        return [f"{fault.where}: {fault.message}" for fault in self.folder.faults]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_what_a_reload_did_is_one_line_for_each_file(home: Home) -> None:
    home.write(a=trigger("t1"), b=trigger("t2"))
    assert home.read() == ["~ added m/a.yaml: trigger/t1", "~ added m/b.yaml: trigger/t2"]
    assert home.read() == []
    home.write(a=trigger("t1", type="longer"))
    assert home.read() == ["~ reloaded m/a.yaml: trigger/t1 filter changed"]
    home.write(a=trigger("t1", type="longer", broker="other") + "---\n" + trigger("t3"))
    assert home.read() == [
        "~ reloaded m/a.yaml: trigger/t1 broker and labels changed, trigger/t3 added"
    ]
    home.write(a=trigger("t3"))
    home.remove("b")
    assert home.read() == [
        "~ reloaded m/a.yaml: trigger/t1 removed",
        "~ removed m/b.yaml: trigger/t2",
    ]
    home.write(a="# only a remark\n" + trigger("t3"))
    assert home.read() == ["~ reloaded m/a.yaml: no object changed"]


def test_an_object_may_move_between_files_and_a_file_may_be_renamed(home: Home) -> None:
    home.write(a=trigger("t1") + "---\n" + trigger("t2"))
    home.read()
    home.write(a=trigger("t1"), b=trigger("t2"))
    assert home.read() == [
        "~ reloaded m/a.yaml: no object changed",
        "~ added m/b.yaml: trigger/t2 moved here from m/a.yaml",
    ]
    (home.path / "b.yaml").rename(home.path / "c.yaml")
    assert home.read() == ["~ added m/c.yaml: trigger/t2 moved here from m/b.yaml"]
    assert home.names == ["t1", "t2"]


def test_a_file_with_a_fault_keeps_its_last_good_objects_until_it_is_mended(home: Home) -> None:
    home.write(a=trigger("t1"))
    home.read()
    home.write(a=trigger("t1").replace("filter:", "filtre:") + "---\n" + trigger("t2"))
    [said] = home.read()
    assert said.startswith("✗ m/a.yaml:7:3: ")
    assert "filtre" in said
    assert said.endswith("(last good version stays active)")
    assert home.names == ["t1"]
    assert len(home.faults) == 1
    home.write(a=trigger("t1", type="other"))
    assert home.read() == ["~ reloaded m/a.yaml: fault mended, trigger/t1 filter changed"]
    assert home.faults == []


def test_a_new_file_with_a_fault_adds_nothing(home: Home) -> None:
    home.write(a="apiVersion: v1\nkind: [\n")
    [said] = home.read()
    assert said.startswith("✗ m/a.yaml:")
    assert said.endswith("(nothing of this file is active)")
    home.remove("a")
    assert home.read() == ["~ removed m/a.yaml: fault mended"]
    assert home.faults == []


def test_all_faults_of_a_file_are_found_at_once(home: Home) -> None:
    unknown = trigger().replace("Trigger", "Triger")
    untyped = trigger().replace("kind: Trigger\n", "")
    home.write(a=f"{unknown}---\n{untyped}---\na: [1\n---\n{trigger().replace('broker', 'brokr')}")
    home.read()
    places = [fault.split(": ")[0] for fault in home.faults]
    assert [place.split(":")[1] for place in places] == sorted(
        (place.split(":")[1] for place in places), key=int
    )
    assert len(places) >= 4
    assert any("kind not set" in fault for fault in home.faults)


def test_what_is_no_manifest_is_skipped_with_a_warning(home: Home) -> None:
    home.write(compose="services:\n  db:\n    image: x\n", playbook="- hosts: all\n", a=trigger())
    (home.path / "tsconfig.json").write_text('{ // remarks are no JSON\n "a": 1 }')
    home.write(empty="# nothing yet\n")
    assert home.read() == [
        "~ added m/a.yaml: trigger/t",
        "! m/compose.yaml: not a manifest, skipped: no document in it has an apiVersion",
        "~ added m/empty.yaml: no object changed",
        "! m/playbook.yaml: not a manifest, skipped: no document in it has an apiVersion",
        "! m/tsconfig.json: not a manifest, skipped: no document in it has an apiVersion",
    ]
    assert home.faults == []
    assert len(home.folder) == 2


def test_a_document_without_apiversion_beside_manifests_is_a_fault(home: Home) -> None:
    home.write(a=trigger() + "---\nservices: {}\n")
    home.read()
    assert home.faults == ["m/a.yaml:13:1: apiVersion not set, kind not set"]
    assert home.names == []


def test_a_manifest_that_loses_its_apiversion_keeps_its_objects(home: Home) -> None:
    home.write(a=trigger("t1"))
    home.read()
    home.write(a=trigger("t1").replace("apiVersion", "apiVersoin"))
    assert home.read() == [
        "✗ m/a.yaml:1: no document has an apiVersion any more (last good version stays active)"
    ]
    home.write(features=CONFIG.format(value="disabled"))  # all are judged anew
    home.read()
    assert "t1" in home.names


def test_a_file_that_cannot_be_read_is_a_fault_until_it_can(home: Home) -> None:
    home.write(a=trigger())
    home.read()
    home.remove("a")
    (home.path / "a.yaml").symlink_to("a.yaml")
    said = "✗ m/a.yaml: cannot be read: Too many levels of symbolic links"
    assert home.read() == [f"{said} (last good version stays active)"]
    assert home.names == ["t"]
    (home.path / "a.yaml").unlink()
    home.write(a=trigger())
    assert home.read() == ["~ reloaded m/a.yaml: fault mended"]


def test_only_files_that_changed_are_read_again(home: Home) -> None:
    home.write(a=trigger("t1"), b=trigger("t2"))
    home.read()
    file = home.path / "a.yaml"
    stat = file.stat()
    home.write(b=trigger("t3"))
    assert [out.file for out in home.folder.read()] == ["m/b.yaml"]
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert home.folder.read() == []  # read, and found to say the same


def test_a_file_that_was_touched_is_read_even_if_it_looks_the_same(home: Home) -> None:
    home.write(a=trigger("t1"))
    home.read()
    file = home.path / "a.yaml"
    asked: list[Path] = []

    class Same(type(file)):  # type: ignore[misc]
        """A file whose stamp never changes, as when it is written twice in one tick."""

        def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
            return stat

        def read_bytes(self) -> bytes:
            asked.append(self)
            return trigger("t2").encode()

    stat = file.stat()
    home.folder._files.find = lambda: {Same(file): "m/a.yaml"}  # type: ignore[method-assign]
    assert home.read() == []
    assert asked == []
    assert home.read([file]) == ["~ reloaded m/a.yaml: trigger/t2 added, trigger/t1 removed"]


def test_a_change_of_a_system_config_map_judges_everything_anew(home: Home) -> None:
    home.write(timed=TIMED)
    assert home.read() == ["~ added m/timed.yaml: broker/b"]
    home.write(features=CONFIG.format(value="disabled"))
    home.read()
    [fault] = home.faults
    assert "spec.delivery.timeout" in fault
    assert home.names.count("b") == 1  # the last good one
    home.write(features=CONFIG.format(value="enabled"))
    assert "~ reloaded m/timed.yaml: fault mended" in home.read()
    assert home.faults == []


def test_faults_that_stay_are_not_told_again_when_others_change(home: Home) -> None:
    home.write(bad="apiVersion: v1\nkind: Nothing\n")
    home.read()
    home.write(features=CONFIG.format(value="disabled"))
    assert home.read() == ["~ added m/features.yaml: configmap/config-features"]


def test_an_unreadable_system_config_map_is_a_fault(home: Home) -> None:
    text = CONFIG.replace("config-features", "config-br-defaults")
    home.write(a=text.replace("delivery-timeout: {value}", 'default-br-config: "a: ["'))
    home.read()
    [fault] = home.faults
    assert fault.startswith("m/a.yaml:7:3: ")


def test_the_second_definition_of_an_object_is_a_problem_with_both_places(home: Home) -> None:
    home.write(a=trigger("t1"), b="# remark\n" + trigger("t1", type="other"))
    home.read()
    [problem] = home.store.problems()
    assert str(problem.where) == "m/b.yaml:2:1"
    assert "m/a.yaml:1:1" in problem.message


def test_a_long_list_of_changes_is_cut(home: Home) -> None:
    home.write(a="---\n".join(trigger(f"t{n}") for n in range(7)))
    assert home.read() == [
        "~ added m/a.yaml: trigger/t0, trigger/t1, trigger/t2, trigger/t3, and 3 more"
    ]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KneError):
        Files(["nowhere"], tmp_path).check()


def test_a_key_reads_as_people_write_it() -> None:
    assert str(Key("eventing.knative.dev", "Trigger", "default", "t")) == "trigger/t"
