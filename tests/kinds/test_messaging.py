"""InMemoryChannel, Channel and Subscription: hubs, fronts and links."""

import pytest

from kne.kinds.config import Config
from kne.kinds.faults import report
from kne.plane.table import Retry
from tests.kinds.world import KINDS, World, admitted, documents, key, world

IMC = """
apiVersion: messaging.knative.dev/v1
kind: InMemoryChannel
metadata: {name: pipe}
"""
CHANNEL = IMC.replace("InMemoryChannel", "Channel")
SUBSCRIPTION = """
apiVersion: messaging.knative.dev/v1
kind: Subscription
metadata: {name: reader}
spec:
  channel: {apiVersion: messaging.knative.dev/v1, kind: InMemoryChannel, name: pipe}
  subscriber: {uri: http://127.0.0.1:3000}
"""
TO_CHANNEL = SUBSCRIPTION.replace("kind: InMemoryChannel", "kind: Channel")
DEAD = "spec: {delivery: {retry: 3, deadLetterSink: {uri: http://dead}}}\n"


def told(it: World) -> list[tuple[str, str]]:
    return [(str(problem.where), problem.message) for problem in it.problems]


def test_a_subscription_is_a_link_of_the_channels_hub() -> None:
    it = world(IMC, SUBSCRIPTION + "  reply: {uri: http://127.0.0.1:4000}\n")
    [link] = it.links("pipe")
    assert link.name == "subscription/default/reader"
    assert (link.to, link.reply) == ("http://127.0.0.1:3000", "http://127.0.0.1:4000")
    assert link.retry == Retry()


def test_the_channel_shows_its_subscribers_as_if_patched_in() -> None:
    it = world(IMC, SUBSCRIPTION)
    uid = it["subscription/reader"]["metadata"]["uid"]
    [entry] = it["imc/pipe"]["spec"]["subscribers"]
    assert entry == {
        "name": "reader",
        "uid": uid,
        "generation": 1,
        "subscriberUri": "http://127.0.0.1:3000",
    }
    assert it.status("imc/pipe")["subscribers"] == [
        {"uid": uid, "observedGeneration": 1, "ready": "True"}
    ]


def test_a_subscription_without_delivery_has_the_channels() -> None:
    [link] = world(IMC + DEAD, SUBSCRIPTION).links("pipe")
    assert (link.retry.times, link.dead_letter) == (3, "http://dead")


def test_a_subscriptions_delivery_replaces_the_channels_but_for_the_dead_letter_sink() -> None:
    it = world(IMC + DEAD, SUBSCRIPTION + "  delivery: {backoffDelay: PT1S}\n")
    [link] = it.links("pipe")
    assert (link.retry, link.dead_letter) == (Retry(delay=1), "http://dead")
    physical = it.status("subscription/reader")["physicalSubscription"]
    assert physical["deadLetterSinkUri"] == "http://dead"


def test_format_does_not_reach_the_channel() -> None:
    it = world(IMC, SUBSCRIPTION + "  delivery: {format: json}\n")
    assert "delivery" not in it["imc/pipe"]["spec"]["subscribers"][0]


@pytest.mark.parametrize("value", ["true", "1", "T"])
def test_the_async_annotation_makes_a_hub_asynchronous(value: str) -> None:
    annotated = IMC.replace(
        "{name: pipe}",
        f'{{name: pipe, annotations: {{messaging.knative.dev/async-handler: "{value}"}}}}',
    )
    [hub] = world(annotated).bench.parts.hubs.values()
    assert hub.asynchronous


def test_a_channel_whose_dead_letter_sink_is_unresolved_is_no_hub() -> None:
    sink = "spec: {delivery: {deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: gone}}}}"
    it = world(IMC + sink, SUBSCRIPTION)
    assert it.bench.parts.hubs == {}
    reason = "Unable to get the DeadLetterSink's URI"
    assert it.condition("imc/pipe")[1] == reason
    assert it.condition("subscription/reader")[1:] == (
        "DeadLetterSinkResolveFailed",
        "channel pipe didn't set status.deadLetterSinkURI",
    )
    where = "spec/delivery/deadLetterSink"
    assert told(it) == [(where, 'inmemorychannel "pipe" refers to a service that does not exist')]


def test_subscribers_that_the_user_wrote_are_served() -> None:
    it = world(IMC + "spec: {subscribers: [{subscriberUri: http://a, replyUri: http://b}]}\n")
    [link] = it.links("pipe")
    assert (link.name, link.to, link.reply) == (
        "subscription/default/pipe-0",
        "http://a",
        "http://b",
    )


def test_subscribers_that_cannot_be_served_are_told() -> None:
    wrong = "{subscriberUri: http://a, delivery: {backoffDelay: 2s}}"
    it = world(IMC + f"spec: {{subscribers: [{{replyUri: http://b}}, {wrong}]}}\n")
    assert it.links("pipe") == []
    assert [where for where, _ in told(it)] == ["spec/subscribers/0", "spec/subscribers/1"]


def test_a_channel_makes_one_of_its_name_and_speaks_for_it() -> None:
    it = world(CHANNEL, TO_CHANNEL)
    assert it["imc/pipe"]["metadata"]["ownerReferences"][0]["kind"] == "Channel"
    assert it.condition("channel/pipe")[0] == "True"
    assert it.status("channel/pipe")["address"]["url"] == (
        "http://pipe-kn-channel.default.svc.cluster.local"
    )
    assert it.status("channel/pipe")["subscribers"] == it.status("imc/pipe")["subscribers"]
    assert len(it.links("pipe")) == 1


def test_the_template_wins_over_the_channels_delivery() -> None:
    template = """
spec:
  delivery: {retry: 1}
  channelTemplate:
    apiVersion: messaging.knative.dev/v1
    kind: InMemoryChannel
    spec: {delivery: {timeout: PT1S}}
"""
    assert world(CHANNEL + template)["imc/pipe"]["spec"] == {"delivery": {"timeout": "PT1S"}}


def test_a_channel_takes_the_dead_letter_sink_from_the_one_behind() -> None:
    it = world(CHANNEL + DEAD, TO_CHANNEL)
    assert it.status("channel/pipe")["deadLetterSinkUri"] == "http://dead"
    assert it.links("pipe")[0].dead_letter == "http://dead"


def test_a_channel_with_an_unresolved_dead_letter_sink_is_told_once() -> None:
    sink = "spec: {delivery: {deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: gone}}}}"
    it = world(CHANNEL + sink, TO_CHANNEL)
    reason = "Backing Channel pipe didn't set status.deadLetterSinkURI"
    assert it.condition("channel/pipe", "DeadLetterSinkResolved") == ("False", reason, "")
    assert it.condition("subscription/reader")[2].endswith("channel is not ready.")
    assert [where for where, _ in told(it)] == ["spec/delivery/deadLetterSink", "spec/channel"]


def test_a_template_of_an_unknown_kind_leaves_all_unknown() -> None:
    template = "spec: {channelTemplate: {apiVersion: x.dev/v1, kind: Pipe}}\n"
    it = world(CHANNEL + template)
    assert it.condition("channel/pipe") == ("Unknown", "", "")
    assert told(it) == [
        ("spec/channelTemplate", 'channel "pipe" wants a Pipe, which kne does not run')
    ]


def test_a_template_that_admission_refuses_is_a_channel_failure() -> None:
    template = """
spec:
  channelTemplate:
    apiVersion: messaging.knative.dev/v1
    kind: InMemoryChannel
    spec: {subscribers: [{}]}
"""
    it = world(CHANNEL + template)
    status, reason, message = it.condition("channel/pipe", "BackingChannelReady")
    assert (status, reason) == ("False", "ChannelFailure")
    assert message.startswith(
        'admission webhook "validation.inmemorychannel.eventing.knative.dev" denied the request: '
        "validation failed: missing field(s): "
    )


def test_fields_that_the_channels_kind_does_not_know_are_dropped() -> None:
    template = """
spec:
  channelTemplate:
    apiVersion: messaging.knative.dev/v1
    kind: InMemoryChannel
    spec: {numPartitions: 3}
"""
    assert world(CHANNEL + template)["imc/pipe"]["spec"] == {}


def test_a_channel_of_its_name_that_was_given_is_kept() -> None:
    it = world(CHANNEL, IMC + DEAD)
    assert "ownerReferences" not in it["imc/pipe"]["metadata"]
    assert it["imc/pipe"]["spec"]["delivery"]["retry"] == 3


def test_a_missing_channel_is_told_with_what_there_is() -> None:
    it = world(IMC.replace("pipe", "pip"), SUBSCRIPTION)
    text = (
        "Failed to get Spec.Channel or backing channel: "
        'inmemorychannels.messaging.knative.dev "pipe" not found'
    )
    assert it.condition("subscription/reader") == ("Unknown", "ChannelReferenceFailed", text)
    [problem] = it.problems
    assert problem.key == key("subscription/reader")
    assert problem.message == (
        'subscription "reader" refers to an inmemorychannel that does not exist'
    )
    assert problem.hint == 'change it to "pip"'


def test_what_is_no_channel_has_no_subscribers() -> None:
    broker = "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: pipe}}"
    to_broker = SUBSCRIPTION.replace(
        "messaging.knative.dev/v1, kind: InMemoryChannel", "eventing.knative.dev/v1, kind: Broker"
    )
    it = world(broker, to_broker)
    assert it.condition("subscription/reader")[:2] == (
        "Unknown",
        "SubscriptionNotMarkedReadyByChannel",
    )
    assert told(it) == [("spec/channel", 'subscription "reader": its channel does not serve it')]


def test_a_channel_with_a_bad_delivery_serves_nobody() -> None:
    """Admission does not look at it (spec core 9.3.1)."""
    it = world(IMC + "spec: {delivery: {backoffDelay: 2s}}\n", SUBSCRIPTION)
    assert it.condition("subscription/reader")[1] == "SubscriptionNotMarkedReadyByChannel"
    assert it.links("pipe") == []


def test_the_channel_may_be_elsewhere_if_the_feature_is_on() -> None:
    away = SUBSCRIPTION.replace("name: pipe}", "name: pipe, namespace: plant}")
    there = IMC.replace("{name: pipe}", "{name: pipe, namespace: plant}")
    it = world(there, away, features={"cross-namespace-event-links": "enabled"})
    assert [link.name for link in it.links("plant/pipe")] == ["subscription/default/reader"]


def test_a_foreign_channel_is_refused_if_the_feature_is_off() -> None:
    [it] = documents(SUBSCRIPTION.replace("name: pipe}", "name: pipe, namespace: plant}"))
    made = admitted(it, Config())
    assert report(KINDS[made.key[:2]].validate(made, Config())).startswith(
        "must not set the field(s): spec.channel.namespace\nonly name, apiVersion and kind"
    )


def test_the_channel_of_a_subscription_cannot_be_changed() -> None:
    kind = KINDS["messaging.knative.dev", "Subscription"]
    before = admitted(documents(SUBSCRIPTION)[0], Config())
    after = admitted(documents(SUBSCRIPTION.replace("name: pipe", "name: hose"))[0], Config())
    assert report(kind.changed(after, before, Config())) == (
        "Immutable fields changed (-old +new): spec\n"
        '{v1.SubscriptionSpec}.Channel.Name:\n\t-: "pipe"\n\t+: "hose"\n'
    )


def test_nothing_of_a_channel_can_be_changed() -> None:
    kind = KINDS["messaging.knative.dev", "Channel"]
    before = admitted(documents(CHANNEL)[0], Config())
    after = admitted(documents(CHANNEL + DEAD)[0], Config())
    assert report(kind.changed(after, before, Config())).startswith(
        "Immutable fields changed (-old +new): spec"
    )
    assert report(kind.changed(before, before, Config())) == ""


def test_the_scope_of_a_channel_is_one_of_two() -> None:
    """Source of the path: pkg/apis/messaging/v1/in_memory_channel_validation_test.go."""
    annotated = IMC.replace(
        "{name: pipe}", "{name: pipe, annotations: {eventing.knative.dev/scope: galaxy}}"
    )
    made = admitted(documents(annotated)[0], Config())
    assert report(KINDS[made.key[:2]].validate(made, Config())) == (
        "invalid value: galaxy: metadata.annotations.[eventing.knative.dev/scope]\n"
        "expected either 'cluster' or 'namespace'"
    )
