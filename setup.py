"""What setup.cfg cannot say: with MAINSTAY_COMPILED=1 the modules that every request goes through are compiled to C."""

import os

from setuptools import setup

COMPILED = (
    "middleware/inbound/answer_bytes.py",
    "middleware/inbound/answering.py",
    "middleware/inbound/authenticate.py",
    "middleware/inbound/authorize.py",
    "middleware/inbound/deadline.py",
    "middleware/inbound/doorbell.py",
    "middleware/inbound/guarded_parser.py",
    "middleware/inbound/identify.py",
    "middleware/inbound/leases.py",
    "middleware/inbound/limiter.py",
    "middleware/inbound/observe.py",
    "middleware/inbound/own_context.py",
    "middleware/inbound/own_hosts.py",
    "middleware/inbound/protocol.py",
    "middleware/inbound/rate_limit.py",
    "middleware/inbound/shed_protocol.py",
    "middleware/inbound/turns.py",
    "middleware/inbound/validate.py",
    "storage/wire.py",
    "telemetry/context.py",
    "telemetry/kept_traces.py",
    "telemetry/log_sampling.py",
    "telemetry/logs.py",
    "telemetry/recording.py",
)
"""Of a request that is read, those in which most of its time goes that mypyc takes as they are."""


def _extensions() -> list[object]:
    if os.environ.get("MAINSTAY_COMPILED") != "1":
        return []
    from mypyc.build import mypycify  # noqa: PLC0415 - only who compiles has it

    return mypycify(list(COMPILED), opt_level="2", debug_level="0", group_name="mainstay", target_dir="build/c")


setup(ext_modules=_extensions())
