"""A region guard, as readiness asks it."""

import httpx
from pydantic import ValidationError

from recovery.errors import Unavailable
from recovery.region_guard import Answer

TIMEOUT_S = 2.0


class GuardClient:
    """The guard at *address*, `host:port`; it answers within 2 s, or `Unavailable` is raised."""

    def __init__(self, address: str) -> None:
        """Connect to nothing yet."""
        self._url = f"http://{address}/"

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"region guard {self._url}"

    def answer(self) -> Answer:
        """Return what it says: a no is an answer, too."""
        try:
            with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
                return Answer.model_validate_json(client.get(self._url).content)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.endpoint} did not answer ({type(error).__name__}).") from error
        except ValidationError as error:
            raise Unavailable(f"{self.endpoint} gave an answer that is no guard's.") from error
