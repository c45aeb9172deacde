"""What an alert is called here: by its rule, and by what is lost where several things can be."""

from collections.abc import Mapping


def name_of(labels: Mapping[str, str]) -> str:
    """`TelemetryLoss (traces)`; of most rules just the name."""
    name, lost = labels["alertname"], labels.get("lost", "")
    return f"{name} ({lost})" if lost else name


def rule_of(name: str) -> str:
    """The rule an alert comes from."""
    return name.partition(" (")[0]
