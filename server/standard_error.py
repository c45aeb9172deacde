"""What goes to standard error: the log, of the service or of a command."""

import os
from dataclasses import replace
from pathlib import Path

from server.service import Service
from server.settings import Settings
from server.source.service_words import ServiceWords, service_words
from telemetry import VERSION
from telemetry.deployment import Deployment
from telemetry.log_sink import Sink
from telemetry.logs import LogPolicy, Logs, lines_for

STANDARD_ERROR = 2


def service_log(deployment: Deployment, settings: Settings, *, sink: Sink) -> Logs:
    """All that the settings want of it."""
    return _log(deployment, sink=sink, policy=settings.log_policy)


def command_log(service: Service, settings: Settings, *, sink: Sink) -> Logs:
    """Only what goes wrong: a command's report says the rest."""
    deployment = deployment_of(service, settings)
    return _log(deployment, sink=sink, policy=replace(settings.log_policy, level="warning"))


def supervisor_log(file: Path, settings: Settings, *, sink: Sink) -> Logs:
    """That of a process that serves nothing itself, in the name of the service where its file just says it."""
    words = service_words(file) or ServiceWords(name="mainstay", version=VERSION)
    deployment = Deployment(service=words.name, version=words.version, environment=settings.deployed_to)
    return _log(deployment, sink=sink, policy=settings.log_policy)


def deployment_of(service: Service, settings: Settings, *, worker: int | None = None) -> Deployment:
    """What is running, where."""
    return Deployment(service=service.name, version=service.version, environment=settings.deployed_to, worker=worker)


def _log(deployment: Deployment, *, sink: Sink, policy: LogPolicy) -> Logs:
    return Logs(lines_for(STANDARD_ERROR, deployment=deployment, environment=os.environ), sink, policy=policy)
