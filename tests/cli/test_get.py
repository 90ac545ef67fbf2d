"""`kne get` prints what kubectl would (recorded outputs of kubectl are the model)."""

import json
import re
import threading
import time
from pathlib import Path

import pytest
import yaml

from tests.api import small
from tests.cli.conftest import Kne
from tests.cli.shop import Running

EMPTY = "No resources found in default namespace.\n"
TRIGGER = """\
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  labels:
    app: shop
  name: t1
  namespace: default
  resourceVersion: "1"
  uid: uid-of-t1
spec:
  broker: default
  subscriber:
    uri: http://sink.example.com/
status:
  conditions:
  - status: "True"
    type: Ready
  subscriberUri: http://sink.example.com/
"""


def lines(text: str) -> list[str]:
    """The lines, ages made equal."""
    return [
        line.replace("   1s ", "   0s ").replace("   2s ", "   0s ") for line in text.splitlines()
    ]


@pytest.mark.parametrize(
    "word",
    ["triggers", "Trigger", "trigger.eventing.knative.dev", "trigger.v1.eventing.knative.dev"],
)
def test_a_table_has_kubectls_columns(kne: Kne, shop: Running, word: str) -> None:
    result = kne("get", word)
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines(result.stdout) == [
        "NAME   BROKER    SUBSCRIBER_URI             AGE   READY   REASON",
        "t1     default   http://sink.example.com/   0s    True    ",
        "t2     default   http://sink.example.com/   0s    True    ",
    ]


def test_without_headings_columns_are_as_wide_as_their_cells(kne: Kne, shop: Running) -> None:
    assert lines(kne("get", "trigger", "--no-headers").stdout) == [
        "t1    default   http://sink.example.com/   0s    True   ",
        "t2    default   http://sink.example.com/   0s    True   ",
    ]


def test_a_short_name_may_have_a_group(kne: Kne, shop: Running) -> None:
    for word in ("ksvc", "ksvc.serving.knative.dev", "kservice.v1.serving.knative.dev"):
        assert kne("get", word, "-o", "name").stdout == "service.serving.knative.dev/cart\n"


def test_names_may_follow_a_kind_or_a_slash(kne: Kne, shop: Running) -> None:
    for words in (["trigger", "t2", "t1"], ["trigger/t2", "trigger/t1"]):
        found = kne("get", *words, "--no-headers").stdout.splitlines()
        assert [line.split()[0] for line in found] == ["t2", "t1"]


def test_several_kinds_are_labelled_and_set_apart(kne: Kne, shop: Running) -> None:
    assert lines(kne("get", "ch,imc,trigger", "-n", "default").stdout) == [
        "NAME                                       URL"
        "                                              AGE   READY   REASON",
        "inmemorychannel.messaging.knative.dev/c1"
        "   http://c1-kn-channel.default.svc.cluster.local   0s    True    ",
        "",
        "NAME                              BROKER    SUBSCRIBER_URI             AGE   READY"
        "   REASON",
        "trigger.eventing.knative.dev/t1   default   http://sink.example.com/   0s    True    ",
        "trigger.eventing.knative.dev/t2   default   http://sink.example.com/   0s    True    ",
    ]


def test_a_category_means_all_its_kinds_in_the_servers_order(kne: Kne, shop: Running) -> None:
    assert kne("get", "knative", "-o", "name").stdout.splitlines() == [
        "broker.eventing.knative.dev/default",
        "trigger.eventing.knative.dev/t1",
        "trigger.eventing.knative.dev/t2",
        "inmemorychannel.messaging.knative.dev/c1",
    ]


def test_a_name_after_a_word_that_is_a_category_too_means_the_kind(kne: Kne, shop: Running) -> None:
    result = kne("get", "channel", "c9")
    assert result.stderr.startswith(
        'Error from server (NotFound): channels.messaging.knative.dev "c9" not found'
    )


def test_all_namespaces_have_a_column_for_kinds_that_live_in_one(kne: Kne, shop: Running) -> None:
    found = kne("get", "trigger", "-A").stdout.splitlines()
    assert [line.split()[:2] for line in found] == [
        ["NAMESPACE", "NAME"], ["billing", "t3"], ["default", "t1"], ["default", "t2"],
    ]  # fmt: skip
    assert kne("get", "ns", "-A").stdout.splitlines()[0].split()[0] == "NAME"


def test_the_namespace_is_that_of_kne_unless_given(kne: Kne, shop: Running) -> None:
    assert kne("get", "broker", "-n", "billing", "-o", "name").stdout.endswith("/orders\n")
    shop.shop.changes = {"namespace": "billing"}
    assert kne("get", "broker", "-o", "name").stdout.endswith("/orders\n")


def test_wide_shows_more_columns(kne: Kne, shop: Running) -> None:
    heading, row = kne("get", "broker", "-o", "wide").stdout.splitlines()
    assert heading.endswith("REASON   CLASS")
    assert row.endswith("         MTChannelBasedBroker")


def test_labels_are_a_last_column(kne: Kne, shop: Running) -> None:
    found = kne("get", "trigger", "--show-labels").stdout.splitlines()
    assert [line.split()[-1] for line in found] == ["LABELS", "app=shop", "app=billing"]
    assert kne("get", "broker", "--show-labels").stdout.splitlines()[1].endswith("   <none>")


def test_selectors_select(kne: Kne, shop: Running) -> None:
    assert kne("get", "trigger", "-l", "app=shop", "-o", "name").stdout.endswith("/t1\n")
    found = kne("get", "trigger", "--field-selector", "metadata.name=t2", "-o", "name")
    assert found.stdout == "trigger.eventing.knative.dev/t2\n"
    assert kne("get", "trigger", "-l", "a=b").stderr == EMPTY


def test_yaml_is_kubectls(kne: Kne, shop: Running) -> None:
    shown = kne("get", "trigger", "t1", "-o", "yaml").stdout
    stamped = r'  (creationTimestamp|generation): .*\n|lastTransitionTime: ".*"\n    '
    plain = re.sub(stamped, "", re.sub(r'(resourceVersion: )"\d+"', r'\1"1"', shown))
    assert plain == TRIGGER


def test_json_is_kubectls_and_a_list_is_a_list(kne: Kne, shop: Running) -> None:
    text = kne("get", "trigger", "-o", "json").stdout
    found = json.loads(text)
    assert text.startswith('{\n    "apiVersion": "v1",\n    "items": [\n        {\n')
    assert found["kind"] == "List"
    assert found["metadata"] == {"resourceVersion": ""}
    assert [it["kind"] for it in found["items"]] == ["Trigger", "Trigger"]
    assert json.loads(kne("get", "trigger/t1", "-o", "json").stdout)["metadata"]["name"] == "t1"


def test_jsonpath_and_columns_of_ones_own(kne: Kne, shop: Running, folder: Path) -> None:
    assert kne("get", "trigger", "-o", "jsonpath={.items[*].metadata.name}").stdout == "t1 t2"
    assert kne("get", "trigger", "t1", "-ojsonpath={.spec.broker}").stdout == "default"
    (folder / "path").write_text("{.kind}")
    assert kne("get", "trigger", "t1", "-o", "jsonpath-file=path").stdout == "Trigger"
    columns = "custom-columns=NAME:.metadata.name,X:.nope,S:spec.subscriber"
    assert kne("get", "trigger", "-o", columns).stdout.splitlines() == [
        "NAME   X        S",
        't1     <none>   {"uri":"http://sink.example.com/"}',
        't2     <none>   {"uri":"http://sink.example.com/"}',
    ]


def test_sorting_is_natural_and_needs_a_field_that_is_there(kne: Kne, shop: Running) -> None:
    shop.do(lambda: shop.shop.put(small.trigger("t10"), small.trigger("t9")))
    found = kne("get", "trigger", "--sort-by", ".metadata.name", "--no-headers").stdout
    assert [line.split()[0] for line in found.splitlines()] == ["t1", "t2", "t9", "t10"]
    found = kne("get", "trigger", "--sort-by={.metadata.labels.app}", "-o", "name").stdout
    assert [line[-3:].strip("/") for line in found.splitlines()] == ["t10", "t9", "t2", "t1"]
    result = kne("get", "trigger", "--sort-by", "nope")
    assert result.exit_code == 1
    assert 'couldn\'t find any field with path "nope"' in result.stderr


def test_nothing_found_is_said_on_stderr_and_is_no_fault(kne: Kne, shop: Running) -> None:
    for words in (["eventtypes"], ["eventtype,channels"], ["secret", "--no-headers"]):
        result = kne("get", *words)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", EMPTY)
    assert kne("get", "secret", "-A").stderr == "No resources found\n"
    assert kne("get", "secret", "-o", "name").output == ""
    assert kne("get", "secret", "-o", "yaml").stdout == (
        'apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: ""\n'
    )


def test_what_is_there_is_shown_and_what_is_not_is_told(kne: Kne, shop: Running) -> None:
    result = kne("get", "trigger/t1", "broker/nope")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["NAME", "t1"]
    assert result.stderr == (
        'Error from server (NotFound): brokers.eventing.knative.dev "nope" not found\n'
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope"], 'the server doesn\'t have a resource type "nope"'),
        (["trigger,nope"], 'the server doesn\'t have a resource type "nope"'),
        (["trigger", ""], "resource name may not be empty"),
        (["trigger", "a/b"], "there is no need to specify a resource type as a separate argument"),
        (["trigger", "t1", "-A"], "a resource cannot be retrieved by name across all namespaces"),
        (["trigger", "t1", "-l", "a=b"], "a name and a selector cannot be given together"),
        (["trigger", "-o", "xml"], "unable to match a printer suitable for the output format"),
        (["trigger", "-o", "custom-columns=A"], "unexpected custom-columns spec: A"),
        (["trigger", "-o", "jsonpath={.a"], "error parsing jsonpath {.a, unclosed action"),
        (["trigger", "-o", "jsonpath-file=no"], "cannot read no"),
        (["trigger,broker", "-w"], "watch is only supported on individual resources"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(
    kne: Kne, shop: Running, words: list[str], message: str
) -> None:
    result = kne("get", *words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {message}")


def test_a_misspelt_kind_is_guessed(kne: Kne, shop: Running) -> None:
    assert 'did you mean "triggers"?' in kne("get", "trigers").stderr


def test_go_templates_are_refused_plainly(kne: Kne, shop: Running) -> None:
    assert (
        "go-template is not supported" in kne("get", "trigger", "-o", "go-template={{.a}}").stderr
    )


def change_later(shop: Running) -> threading.Thread:
    """A trigger comes, changes and goes, then kne stops."""

    def run() -> None:
        for step in (
            lambda: shop.shop.put(small.trigger("t3")),
            lambda: shop.shop.put(small.trigger("t3", labels={"a": "b"})),
            lambda: shop.shop.drop(small.trigger("t3")),
            shop.shop.request_stop,
        ):
            time.sleep(0.1)
            shop.do(step)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_watching_prints_what_is_there_and_then_each_change(kne: Kne, shop: Running) -> None:
    thread = change_later(shop)
    result = kne("get", "trigger", "-w")
    thread.join()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "NAME", "t1", "t2", "t3", "t3", "t3",
    ]  # fmt: skip


def test_watching_only_changes_leaves_out_what_is_there(kne: Kne, shop: Running) -> None:
    thread = change_later(shop)
    found = kne("get", "trigger", "--watch-only", "--show-labels").stdout.splitlines()
    thread.join()
    assert [(line.split()[0], line.split()[-1]) for line in found] == [
        ("NAME", "LABELS"), ("t3", "<none>"), ("t3", "a=b"), ("t3", "a=b"),
    ]  # fmt: skip


def test_watching_one_object_shows_only_that_one(kne: Kne, shop: Running) -> None:
    thread = change_later(shop)
    found = kne("get", "trigger", "t1", "-w", "-o", "name").stdout
    thread.join()
    assert found == "trigger.eventing.knative.dev/t1\n"


def test_documents_of_a_watch_are_set_apart(kne: Kne, shop: Running) -> None:
    thread = change_later(shop)
    found = kne("get", "trigger", "-w", "-o", "yaml").stdout
    thread.join()
    assert [it["metadata"]["name"] for it in yaml.safe_load_all(found)] == [
        "t1", "t2", "t3", "t3", "t3",
    ]  # fmt: skip
    assert not found.startswith("---")


def test_an_object_that_is_not_there_cannot_be_watched(kne: Kne, shop: Running) -> None:
    result = kne("get", "trigger", "nope", "-w")
    assert result.exit_code == 1
    assert result.stderr == (
        'Error from server (NotFound): triggers.eventing.knative.dev "nope" not found\n'
    )


def test_kinds_are_listed_by_group_and_name(kne: Kne, shop: Running) -> None:
    assert kne("api-resources", "--api-group", "messaging.knative.dev").stdout.splitlines() == [
        "NAME               SHORTNAMES   APIVERSION                 NAMESPACED   KIND",
        "channels           ch           messaging.knative.dev/v1   true         Channel",
        "inmemorychannels   imc          messaging.knative.dev/v1   true         InMemoryChannel",
    ]
    names = kne("api-resources", "-o", "name", "--categories", "all").stdout.splitlines()
    assert names[:3] == ["pods", "services", "deployments.apps"]
    assert "namespaces" not in names
    wide = kne("api-resources", "-o", "wide", "--api-group", "").stdout.splitlines()
    assert wide[0].split()[-2:] == ["VERBS", "CATEGORIES"]
    assert kne("api-resources", "--no-headers").stdout.split()[0] == "configmaps"
