"""Settings: where they come from, and what is said of wrong ones."""

from pathlib import Path
from typing import Any

import pytest

from kne.errors import KneError
from kne.settings import Settings, docs, load


def kne_yaml(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "kne.yaml"
    file.write_text(text, "utf-8")
    return file


def services(folder: Path, text: str) -> Any:
    kne_yaml(folder, f"services:\n  it: {text}\n")
    return load({}, {}, folder).services["it"]


def failure(folder: Path, text: str) -> KneError:
    kne_yaml(folder, text)
    with pytest.raises(KneError) as caught:
        load({}, {}, folder)
    return caught.value


def test_defaults_hold_if_nothing_is_said(tmp_path: Path) -> None:
    assert load({}, {}, tmp_path) == Settings(folder=tmp_path)
    assert Settings(folder=tmp_path).max_body == 134217728


def test_a_flag_comes_before_a_variable_before_the_file(tmp_path: Path) -> None:
    kne_yaml(tmp_path, "port: 1001\napi_port: 1002\nnamespace: shop\n")
    environ = {"KNE_PORT": "2001", "KNE_API_PORT": "2002"}
    settings = load({"port": 3001, "api_port": None}, environ, tmp_path)
    assert (settings.port, settings.api_port, settings.namespace) == (3001, 2002, "shop")


def test_an_empty_variable_and_an_empty_list_of_paths_say_nothing(tmp_path: Path) -> None:
    assert load({"paths": ()}, {"KNE_PORT": ""}, tmp_path) == Settings(folder=tmp_path)


def test_variables_are_text_and_become_values(tmp_path: Path) -> None:
    environ = {
        "KNE_PATHS": "a:b",
        "KNE_WATCH": "off",
        "KNE_GRACE": "500ms",
        "KNE_MAX_BODY": "64KiB",
        "KNE_ADDRESSES": "cluster",
    }
    settings = load({}, environ, tmp_path)
    assert settings.paths == ("a", "b")
    assert settings.watch is False
    assert settings.grace == 0.5
    assert settings.max_body == 65536
    assert settings.addresses == "cluster"


def test_the_file_is_found_beside_and_inside_a_path(tmp_path: Path) -> None:
    kne_yaml(tmp_path / "shop", "port: 1\n")
    kne_yaml(tmp_path / "shop" / "manifests", "port: 2\n")
    assert load({"paths": ("shop/manifests",)}, {}, tmp_path).port == 2
    (tmp_path / "shop" / "manifests" / "kne.yaml").unlink()
    assert load({"paths": ("shop/manifests",)}, {}, tmp_path).port == 1
    assert load({"paths": ("shop/manifests/a.yaml",)}, {}, tmp_path).port == 8080


def test_the_file_where_kne_starts_comes_before_one_beside_a_path(tmp_path: Path) -> None:
    kne_yaml(tmp_path, "port: 1\n")
    kne_yaml(tmp_path / "shop", "port: 2\n")
    assert load({"paths": ("shop/manifests",)}, {}, tmp_path).port == 1


def test_paths_in_the_file_are_seen_from_the_file(tmp_path: Path) -> None:
    kne_yaml(tmp_path / "manifests", "paths: [a.yaml, ../other]\n")
    assert load({}, {}, tmp_path).paths == ("manifests/a.yaml", "other")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    kne_yaml(tmp_path, "# nothing yet\n")
    assert load({}, {}, tmp_path) == Settings(folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("port: 8080\nprot: 8080\n", "kne.yaml:2:1: prot: no such setting\n"
         "  hint  did you mean port?"),
        ("api-port: 1\n", "kne.yaml:1:1: api-port: no such setting\n"
         "  hint  did you mean api_port?"),
        ("port: many\n", "kne.yaml:1:1: port: not a whole number: 'many'"),
        ("port: 70000\n", "kne.yaml:1:1: port: 70000 is out of range: 0 to 65535"),
        ("watch: maybe\n", "kne.yaml:1:1: watch: neither true nor false: 'maybe'"),
        ("addresses: lokal\n", "kne.yaml:1:1: addresses: 'lokal' is not one of local, cluster\n"
         "  hint  did you mean local?"),
        ("port: 1\nport: 2\n", "kne.yaml:2:1: port is given twice"),
        ("- port\n", "kne.yaml:1:1: not a mapping: ['port']"),
        ("port: [\n", "kne.yaml:2:1: not YAML: "
         "expected the node content, but found '<stream end>'"),
        ("paths: [a, 7]\n", "kne.yaml:1:12: paths.1: not a text: 7"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    assert str(failure(tmp_path, text)) == told


def test_a_file_beside_a_path_is_called_as_it_is_seen_from_the_start(tmp_path: Path) -> None:
    kne_yaml(tmp_path / "shop", "prot: 1\n")
    with pytest.raises(KneError, match=r"^shop/kne.yaml:1:1: prot: no such setting"):
        load({"paths": ("shop/manifests",)}, {}, tmp_path)


def test_a_file_that_is_no_text_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "kne.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KneError, match=r"^kne.yaml: cannot be read"):
        load({}, {}, tmp_path)


def test_an_anchor_that_contains_itself_does_no_harm(tmp_path: Path) -> None:
    assert "not a text" in str(failure(tmp_path, "paths: &a [*a]\n"))


def test_a_wrong_flag_or_variable_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(KneError, match=r"^KNE_PORT: not a whole number: 'x'"):
        load({}, {"KNE_PORT": "x"}, tmp_path)
    with pytest.raises(KneError, match=r"^--max-body: not a number of bytes: '1 kilo'"):
        load({"max_body": "1 kilo"}, {}, tmp_path)


def test_a_program_gets_paths_seen_from_the_file(tmp_path: Path) -> None:
    found = services(
        tmp_path / "shop",
        "{run: 'serve --port $PORT', watch: [src/], ready: /healthz, env: {N: 7, B: true, T: x}}",
    )
    assert found == {
        "run": "serve --port $PORT",
        "cwd": str(tmp_path / "shop"),
        "watch": (str(tmp_path / "shop" / "src"),),
        "ready": "/healthz",
        "env": {"N": "7", "B": "true", "T": "x"},
    }


def test_a_mock_may_be_empty_and_keeps_its_words(tmp_path: Path) -> None:
    assert services(tmp_path, "{mock: {}}") == {"mock": {}}
    assert services(tmp_path, "{mock: {drop_first: 2, status: 500, delay: 150ms}}") == {
        "mock": {"drop_first": 2, "status": 500, "delay": 0.15}
    }


def test_a_date_in_the_data_of_a_reply_stays_text(tmp_path: Path) -> None:
    found = services(tmp_path, "{mock: {reply: {type: t, data: {day: 2026-01-02}}}}")
    assert found["mock"]["reply"]["data"] == {"day": "2026-01-02"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{image: x}", "2:8: services.it.image: kne does not run images yet: use run, url or mock"),
        ("{python: x:y}", "2:8: services.it.python: kne does not call Python functions yet: "
         "use run, url or mock"),
        ("{}", "2:3: services.it: nothing serves it\n"
         "  hint  give exactly one of run, url and mock"),
        ("{run: a, url: 'http://x'}", "2:3: services.it: run and url exclude each other\n"
         "  hint  give exactly one of run, url and mock"),
        ("{ran: a}", "2:8: services.it.ran: no such setting\n  hint  did you mean run?"),
        ("{url: 'http://x', ready: /}", "2:25: services.it.ready: "
         "ready goes with run, not with url"),
        ("{url: 'localhost:3000'}", "2:8: services.it.url: not a URL: 'localhost:3000'\n"
         "  hint  such as http://localhost:3000/events"),
        ("{url: 'http://x:99999'}", "2:8: services.it.url: not a URL: 'http://x:99999'\n"
         "  hint  such as http://localhost:3000/events"),
        ("{run: a, ready: healthz}", "2:16: services.it.ready: not the path of a URL\n"
         "  hint  such as /healthz"),
        ("{run: ''}", "2:8: services.it.run: not a text: ''"),
        ("{run: a, env: {A: [1]}}", "2:22: services.it.env.A: not a text: [1]"),
        ("{mock: {state: 1}}", "2:15: services.it.mock.state: no such setting\n"
         "  hint  did you mean status?"),
        ("{mock: {status: 42}}", "2:15: services.it.mock.status: 42 is out of range: 200 to 599"),
        ("{mock: {delay: soon}}", "2:15: services.it.mock.delay: not a duration: 'soon'\n"
         "  hint  a number of seconds, or 150ms, 2s, 1m"),
        ("{mock: {reply: {data: 1}}}", "2:15: services.it.mock.reply: a reply needs a type\n"
         "  hint  else the same event would come again and again"),
        ("{mock: {status: 503, reply: {type: t}}}", "2:15: services.it.mock.status: "
         "only an answer of 200 to 299 carries a reply"),
        ("{mock: {reply: {type: t, copy: [id]}}}", "2:32: services.it.mock.reply.copy: "
         "'id' cannot be copied\n  hint  attributes, or data"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_service_is_told_with_its_place(
    tmp_path: Path, entry: str, told: str
) -> None:
    assert str(failure(tmp_path, f"services:\n  it: {entry}\n")) == f"kne.yaml:{told}"


def test_a_service_is_called_by_its_name_with_or_without_namespace(tmp_path: Path) -> None:
    kne_yaml(tmp_path, "services:\n  shop/billing: {mock: {}}\n")
    assert "shop/billing" in load({}, {}, tmp_path).services
    told = str(failure(tmp_path, "services:\n  a/b/c: {mock: {}}\n"))
    assert told == (
        "kne.yaml:2:3: services.a/b/c: not the name of a service\n  hint  NAME, or NAMESPACE/NAME"
    )


def test_every_setting_stands_on_the_page() -> None:
    page = docs()
    assert "| `port` | `8080` | `KNE_PORT` | TCP port for events" in page
    assert "| `services` |  |  |" in page
    assert page.endswith("variables of its container.\n")


def test_the_example_on_the_page_can_be_read(tmp_path: Path) -> None:
    example = docs().partition("```yaml\n")[2].partition("```")[0]
    kne_yaml(tmp_path, example)
    assert set(load({}, {}, tmp_path).services) == {"billing", "shipping", "audit", "crm"}
