"""The alerts on objectives as data: whose they are, when they fire, what they say."""

from telemetry.objectives import Availability, Latency, Sli
from telemetry.render.rendered_files import rendered
from telemetry.render.rendition import Rendition
from telemetry.render.rules import AlertRule, RecordingRule
from telemetry.render.scale import Scale
from telemetry.render.slo_rules import slo_groups

CHECKOUT = Sli(
    name="post_checkout_latency",
    about="POST /checkout",
    objective=Latency(0.95, under_seconds=0.5),
    covers=(("POST", "/checkout"),),
)
WHOLE = Sli(name="availability", about="", objective=Availability(0.999), covers=())


def rendition(*slis: Sli, scale: float = 1) -> Rendition:
    return Rendition(job="shop", source="service.py", slis=slis, scale=Scale(factor=scale))


def alerts(*slis: Sli) -> list[AlertRule]:
    groups = slo_groups(rendition(*slis))
    return [rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)]


def test_each_objective_has_an_alert_for_each_burn_rate() -> None:
    told = [(one.name, one.severity, one.labels) for one in alerts(WHOLE, CHECKOUT)]

    assert told == [
        (f"Slo{kind}Burn{speed}", severity, {"sli": sli, "window": window})
        for kind, sli in (("Availability", "availability"), ("Latency", "post_checkout_latency"))
        for speed, severity, window in (
            ("Fast", "page", "1h"),
            ("Fast", "page", "6h"),
            ("Slow", "ticket", "1d"),
            ("Slow", "ticket", "3d"),
        )
    ]


def test_an_alert_asks_for_both_windows_and_for_bad_events_enough() -> None:
    assert alerts(CHECKOUT)[0].expr == (
        'slo:sli_error:ratio_rate1h{job="shop",sli="post_checkout_latency"} > (14.4 * 0.05)\n'
        'and slo:sli_error:ratio_rate5m{job="shop",sli="post_checkout_latency"} > (14.4 * 0.05)\n'
        "and sum by (job, sli) "
        '(increase(sli_events_total{job="shop",sli="post_checkout_latency",outcome="bad"}[1h])) > 2.5'
    )


def test_an_alert_says_what_is_wrong_for_whom_and_for_how_long_that_can_go_on() -> None:
    slow = alerts(CHECKOUT)[2]

    assert slow.summary == (
        "{{ $value | humanizePercentage }} of {{ $labels.job }}'s requests to POST /checkout take longer than 0.5 s"
    )
    assert slow.description == (
        "No more than 5 % of the requests to POST /checkout are to take longer than 0.5 s. Over the last 1d, and still "
        "over the last 2h, more than 15 % did, 3 times that: at this pace the budget of 30 days lasts 10 days."
    )
    assert alerts(WHOLE)[0].summary == "{{ $value | humanizePercentage }} of {{ $labels.job }}'s requests fail"


def test_every_window_an_alert_asks_for_is_recorded() -> None:
    groups = slo_groups(rendition(WHOLE))
    recorded = [rule.record for group in groups for rule in group.rules if isinstance(rule, RecordingRule)]

    windows = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
    assert recorded == [*(f"slo:sli_error:ratio_rate{window}" for window in windows), "slo:error_budget_left:ratio"]


def test_a_hurried_rendering_has_other_windows_and_the_same_names_and_no_tests_of_real_ones() -> None:
    files = rendered(rendition(WHOLE, scale=300))

    rules = files["alerts/slo.rules.yaml"]
    assert [path for path in files if path.startswith("alerts/") and "slo" in path] == ["alerts/slo.rules.yaml"]
    assert 'increase(sli_events_total{job="shop",sli="availability",outcome="bad"}[12s]) > 2.5' in rules.replace(
        ")) >", ") >"
    )
    assert "record: slo:sli_error:ratio_rate1h" in rules
    assert "[1h]" not in rules


def test_a_service_that_promises_nothing_gets_no_rules_on_promises() -> None:
    assert [path for path in rendered(rendition()) if path.startswith("alerts/") and "slo" in path] == []
