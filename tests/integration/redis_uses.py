"""Everything a service does with Redis, done once."""

from typing import Any

from middleware.inbound.quota import Charge, Limit
from storage.cache.answer_store import Room, SharedAnswers
from storage.cache.entry import Entry, Rows, packed
from storage.cache.question import Question
from storage.redis.client import RedisClient
from storage.redis.revocation_stamp import RevocationStamp
from storage.redis.server_info import redis_state
from storage.redis.shared_limits import SharedLimits

PATIENCE: dict[str, Any] = {
    "connect_timeout_seconds": 5.0,
    "socket_timeout_seconds": 5.0,
    "attempt_timeout_seconds": 12.0,
    "slow_call_seconds": 5.0,
}
"""For a machine that does other things too, where what a test asks has nothing to do with time."""

_CHARGE = Charge(
    name="any", interval_microseconds=10, capacity_microseconds=100, cost=1, policy="", limit=Limit(10, per_seconds=1)
)
_PREFIX = "mainstay:cache:{0123}"
_QUESTION = Question(
    place="q",
    keys=(f"{_PREFIX}:products:1", f"{_PREFIX}:products:records"),
    watched=(f"{_PREFIX}:products:lists",),
    name="q",
    tables=("products",),
)
_ROWS: Rows = [(b"answer",)]
EVERYTHING: dict[str, object] = {
    "limit taken": 10,
    "kept": True,
    "found": [(b"answer",)],
    "present": True,
    "after a write": None,
    "leased": [True, False],
    "after a clearing": None,
    "stamp": 16,
    "clients": True,
}
"""What `uses` brings where everything works."""


async def uses(client: RedisClient) -> dict[str, object]:
    """Limits, cache, stamps, and how the server is; raises what the client raises."""
    answers, stamp = SharedAnswers(client), RevocationStamp(client)
    await answers.clear(f"{_PREFIX}:*")
    taken = await SharedLimits(client).take("mainstay:limit:any:one", _CHARGE)
    began = await answers.look(_QUESTION)
    room = Room(seconds=60, answers=10)
    done: dict[str, object] = {"limit taken": taken.used_microseconds}
    answer = Entry(rows=_ROWS, generations=began.generations, asked_at=began.now, renewed_at=began.now)
    done["kept"] = await answers.keep(_QUESTION, packed(answer) or b"", generations=began.generations, room=room)
    found = await answers.look(_QUESTION)
    done["found"] = found.entry and found.entry.rows
    done["present"] = (await answers.present(_QUESTION.watched)).words == found.watched == began.watched
    await answers.forget([_QUESTION.keys[1]], [_QUESTION.keys[0]])
    done["after a write"] = None if (await answers.look(_QUESTION)).generations != began.generations else "current"
    done["leased"] = [await answers.lease(f"{_PREFIX}:lease:1") for _ in range(2)]
    await answers.clear(f"{_PREFIX}:*")
    done["after a clearing"] = (await answers.look(_QUESTION)).entry
    await stamp.change()
    done["stamp"] = len(await stamp.read() or b"")
    done["clients"] = (await redis_state(client)).clients > 0
    return done
