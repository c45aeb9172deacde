"""What people are told who are not let in: the same whatever the reason, which the events tell."""

from middleware.errors import Unauthenticated
from middleware.inbound.challenge import challenge

_WRONG = "There is no account of this name and password."
_ENDED = "This session has ended, or never was: sign in again."


class NotSignedIn(Unauthenticated):
    """There is no account of this name and password."""

    def __init__(self, *, realm: str) -> None:
        super().__init__(_WRONG, headers=challenge(realm))


class SessionEnded(Unauthenticated):
    """This session has ended, or never was: sign in again.

    `is_reused` where a refresh token came that had been used before, so that the session was ended for it.
    """

    def __init__(self, *, realm: str, session_id: str = "", account_id: str = "", is_reused: bool = False) -> None:
        super().__init__(_ENDED, headers=challenge(realm))
        self.session_id = session_id
        self.account_id = account_id
        self.is_reused = is_reused
