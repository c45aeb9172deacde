"""A worker's main program: `python -m server.workers.worker_entry FILE DESCRIPTOR`, started by its supervisor alone."""

import faulthandler
import signal
import socket
import sys
from pathlib import Path

import uvloop

from middleware.inbound.binding import Bound
from server.commands.reporting import Complaint, tell
from server.commands.seeding import seed_from
from server.commands.serving import Prepared, prepared, ready_as, why_not_served
from server.core_dumps import forbid_core_dumps
from server.lifecycle import serve
from server.parts import Running, Told
from server.place import Place
from server.start_garbage import collect_seldom
from server.workers.channel import Channel
from server.workers.messages import Assignment, Failed
from server.workers.supervised import Supervised


def main() -> None:
    """Serve until told to leave."""
    collect_seldom()
    forbid_core_dumps()
    faulthandler.enable()  # a worker whose loop stands still is asked where by SIGABRT
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it is meant for the supervisor, whoever it was sent to
    file, descriptor = sys.argv[1:]
    found = _prepared(Path(file))
    sys.exit(uvloop.run(_work(found, socket.socket(fileno=int(descriptor)))))


def _prepared(file: Path) -> Prepared | Complaint:
    try:
        return prepared(file)
    except Exception as error:
        complaint = why_not_served(error)
        if complaint is None:
            raise
        return complaint


async def _work(found: Prepared | Complaint, end: socket.socket) -> int:
    channel = await Channel.over(end)
    assignment = await channel.receive()
    if not isinstance(assignment, Assignment):  # the supervisor has gone
        return 0
    if isinstance(found, Complaint):
        return await _refused(channel, found)
    try:
        async with Supervised(channel) as supervised:
            await _serve(found, assignment, supervised=supervised)
    except Exception as error:
        complaint = why_not_served(error)
        if complaint is None:
            raise
        return await _refused(channel, complaint)
    return 0


async def _serve(found: Prepared, assignment: Assignment, *, supervised: Supervised) -> None:
    declaration, settings, service = found.declaration, found.settings, found.declaration.service
    seed = None if not assignment.seed else seed_from(Path(assignment.seed), declaration, settings=settings)
    place = Place(
        stop=supervised.stop,
        worker=assignment.number,
        joins=assignment.joins,
        api=_inherited(assignment.api),
        admin=_inherited(assignment.admin),
        admin_ports=assignment.admin_ports,
        storage=supervised.storage,
    )
    told = Told(
        settings=settings.model_copy(update={"replicas": settings.replicas * assignment.workers}),
        destinations=found.destinations,
        place=place,
    )

    def announce(running: Running) -> None:
        supervised.tell(ready_as(service, running))

    await serve(declaration, told, announce=announce, seed=seed)


async def _refused(channel: Channel, complaint: Complaint) -> int:
    tell(*complaint.lines)
    channel.send(Failed(reason="\n".join(complaint.lines)))
    await channel.sent()
    channel.close()
    return complaint.status


def _inherited(descriptors: list[int]) -> Bound:
    sockets = [socket.socket(fileno=one) for one in descriptors]
    for one in sockets:
        one.setblocking(False)
    return Bound(sockets=sockets, is_shared=True)


if __name__ == "__main__":
    main()
