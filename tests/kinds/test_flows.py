"""Sequence and Parallel: the channels and subscriptions they are made of."""

import pytest

from kne.kinds.config import Config, read_config
from kne.kinds.faults import report
from tests.kinds.world import KINDS, World, admitted, documents, world

SEQUENCE = """
apiVersion: flows.knative.dev/v1
kind: Sequence
metadata: {name: line}
spec:
  steps:
    - uri: http://127.0.0.1:1
      delivery: {retry: 2}
    - uri: http://127.0.0.1:2
"""
PARALLEL = """
apiVersion: flows.knative.dev/v1
kind: Parallel
metadata: {name: fork}
spec:
  branches:
    - filter: {uri: http://127.0.0.1:1}
      subscriber: {uri: http://127.0.0.1:2}
      delivery: {retry: 2}
    - subscriber: {uri: http://127.0.0.1:3}
      reply: {uri: http://127.0.0.1:4}
  reply: {uri: http://127.0.0.1:5}
"""
NOWHERE = "{ref: {apiVersion: v1, kind: Service, name: nowhere}}"


def circle(name: str, other: str) -> str:
    ref = f"{{apiVersion: flows.knative.dev/v1, kind: Sequence, name: {other}}}"
    return f"""
apiVersion: flows.knative.dev/v1
kind: Sequence
metadata: {{name: {name}}}
spec: {{steps: [{{uri: "http://127.0.0.1:1"}}], reply: {{ref: {ref}}}}}
"""


def ends(it: World, channel: str) -> list[tuple[str, str | None]]:
    return [(link.to, link.reply) for link in it.links(channel)]


def channel(name: str) -> str:
    return f"http://{name}-kn-channel.default.svc.cluster.local"


def test_each_step_answers_into_the_next_channel() -> None:
    it = world(SEQUENCE + "  reply: {uri: http://127.0.0.1:3}\n")
    assert it.status("sequence/line")["address"] == {"url": channel("line-kn-sequence-0")}
    assert ends(it, "line-kn-sequence-0") == [("http://127.0.0.1:1", channel("line-kn-sequence-1"))]
    assert ends(it, "line-kn-sequence-1") == [("http://127.0.0.1:2", "http://127.0.0.1:3")]
    assert it.links("line-kn-sequence-0")[0].retry.times == 2
    assert it.condition("sequence/line")[0] == "True"


def test_the_last_step_without_reply_answers_to_nobody() -> None:
    assert ends(world(SEQUENCE), "line-kn-sequence-1") == [("http://127.0.0.1:2", None)]


def test_sequences_may_answer_each_other_in_a_circle() -> None:
    it = world(circle("a", "b"), circle("b", "a"))
    assert it.condition("sequence/a")[0] == it.condition("sequence/b")[0] == "True"
    assert ends(it, "a-kn-sequence-0") == [("http://127.0.0.1:1", channel("b-kn-sequence-0"))]
    assert ends(it, "b-kn-sequence-0") == [("http://127.0.0.1:1", channel("a-kn-sequence-0"))]


def test_dangling_steps_are_told_at_their_place() -> None:
    it = world(SEQUENCE.replace("uri: http://127.0.0.1:2", NOWHERE[1:-1]), PARALLEL)
    assert [str(problem.where) for problem in it.problems] == ["spec/steps/1"]
    assert it.condition("sequence/line")[:2] == ("Unknown", "SubscriptionsNotReady")
    second = it.status("sequence/line")["subscriptionStatuses"][1]
    assert second["ready"]["reason"] == "SubscriberResolveFailed"


def test_a_dangling_reply_and_dead_letter_sink_are_told() -> None:
    text = SEQUENCE.replace("{retry: 2}", f"{{deadLetterSink: {NOWHERE}}}")
    it = world(text + f"  reply: {NOWHERE}\n")
    wheres = ["spec/steps/0/delivery/deadLetterSink", "spec/reply"]
    assert [str(problem.where) for problem in it.problems] == wheres


def test_a_branch_goes_through_its_filter() -> None:
    it = world(PARALLEL)
    assert it.status("parallel/fork")["address"]["url"] == channel("fork-kn-parallel")
    assert ends(it, "fork-kn-parallel") == [
        ("http://127.0.0.1:1", channel("fork-kn-parallel-0")),
        (channel("fork-kn-parallel-1"), None),
    ]
    assert ends(it, "fork-kn-parallel-0") == [("http://127.0.0.1:2", "http://127.0.0.1:5")]
    assert ends(it, "fork-kn-parallel-1") == [("http://127.0.0.1:3", "http://127.0.0.1:4")]


def test_the_delivery_of_a_branch_is_not_that_of_its_filter() -> None:
    it = world(PARALLEL)
    assert [link.retry.times for link in it.links("fork-kn-parallel")] == [0, 0]
    assert it.links("fork-kn-parallel-0")[0].retry.times == 2


def test_a_branch_delivery_that_admission_passed_over_stops_the_parallel() -> None:
    """The webhook looks at the child, not at the branch (spec core 9.3.1)."""
    it = world(PARALLEL.replace("retry: 2", "backoffDelay: 2s"))
    assert it.condition("parallel/fork") == ("Unknown", "", "")
    [problem] = it.problems
    assert str(problem.where) == "spec/branches/0"
    assert problem.why.endswith("invalid value: 2s: spec.delivery.backoffDelay")


def test_dangling_branches_are_told_at_their_place() -> None:
    text = PARALLEL.replace("{uri: http://127.0.0.1:1}", NOWHERE)
    it = world(text.replace("{uri: http://127.0.0.1:5}", NOWHERE))
    wheres = ["spec/branches/0/filter", "spec/reply"]
    assert [str(problem.where) for problem in it.problems] == wheres
    assert it.condition("parallel/fork")[:2] == ("False", "SubscriptionsNotReady")


def test_a_channel_of_an_unknown_kind_stops_a_parallel() -> None:
    template = "  channelTemplate: {apiVersion: x.dev/v1, kind: Pipe}\n"
    it = world(PARALLEL + template)
    text = (
        "failed to reconcile channel fork-kn-parallel at step -1: failed to create channel "
        "{Pipe default fork-kn-parallel  x.dev/v1  }: "
        "the server could not find the requested resource"
    )
    assert it.condition("parallel/fork") == ("False", "ChannelsNotReady", text)
    assert it.status("parallel/fork")["branchStatuses"] == []
    assert [str(problem.where) for problem in it.problems] == ["spec/channelTemplate"]


@pytest.mark.parametrize("text", [SEQUENCE, PARALLEL])
def test_the_template_is_the_clusters_and_never_the_namespaces(text: str) -> None:
    defaults = (
        "{clusterDefault: {apiVersion: a/v1, kind: A}, "
        "namespaceDefaults: {default: {apiVersion: b/v1, kind: B}}}"
    )
    maps = {("knative-eventing", "default-ch-webhook"): {"default-ch-config": defaults}}
    it = admitted(documents(text)[0], read_config(maps))
    assert it.object["spec"]["channelTemplate"] == {"apiVersion": "a/v1", "kind": "A"}


def faults(text: str) -> str:
    made = admitted(documents(text)[0], Config())
    return report(KINDS[made.key[:2]].validate(made, Config()))


@pytest.mark.parametrize(
    ("branch", "path"),
    [
        ("{}", "spec.branches.subscriber[0]"),
        ("{subscriber: {uri: http://a}, filter: {}}", "spec.branches.filter[0]"),
        ("{subscriber: {uri: http://a}, reply: {uri: /b}}", "spec.branches.reply[0]"),
    ],
)
def test_branches_are_judged_as_a_whole(branch: str, path: str) -> None:
    found = faults(
        "{apiVersion: flows.knative.dev/v1, kind: Parallel, metadata: {name: p}, "
        f"spec: {{branches: [{branch}]}}}}"
    )
    assert found.startswith("invalid value: {")
    assert found.endswith(f": {path}")


def test_the_reason_that_upstream_keeps_to_itself_is_the_hint() -> None:
    made = admitted(documents(SEQUENCE.replace("retry: 2", "retry: -1"))[0], Config())
    [fault] = KINDS[made.key[:2]].validate(made, Config())
    assert fault.hint == "invalid value: -1: delivery.retry"
    assert fault.at == ("spec", "steps", 0, "delivery", "retry")
