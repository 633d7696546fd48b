"""Looking at many keys with few answers: a script's, which does bounded work."""

from collections.abc import Sequence

from recovery.adapters import redis_pieces
from recovery.adapters.redis_wire import Command, RedisWire, script
from recovery.reconcile.cache_keys import Key, KeyState

KEYS_A_COMMAND = 1000
"""A command's keys: 5 to 15 ms of the server's time, in which it answers nobody else."""
LARGEST = 128 * 1024
"""Bytes of the largest value, as MEMORY USAGE has them, that is digested by one command."""
BYTES_A_COMMAND = 512 * 1024
"""So many bytes of values are digested by one command: 25 ms where they are all members of sets."""


def glance(wire: RedisWire, keys: Sequence[Key], together: int) -> list[str]:
    """Return a text for each *together* keys, empty where one of them is large."""
    texts: list[str] = []
    cut, more = portions(keys, together), b"%d" % together
    for some, answer in zip(cut, wire.ask(*(_command("glance", each, more) for each in cut)), strict=True):
        found = answer.decode().split(" ")
        while len(found) * together < len(some):  # the script stops where it has worked enough
            rest = some[len(found) * together :]
            found += wire.ask(_command("glance", rest, more))[0].decode().split(" ")
        texts += ("" if text == "?" else text for text in found) if "?" in found else found
    return texts


def look(wire: RedisWire, keys: Sequence[Key], *, watched: bool = False) -> list[KeyState | None]:
    """Return the state of each key; *watched*: by the caller, who sees whether one was written to meanwhile."""
    states: list[KeyState | None] = []
    cut = portions(keys)
    for some, answer in zip(cut, wire.ask(*(_command("look", each) for each in cut)), strict=True):
        found = _states(answer)
        while len(found) < len(some):
            found += _states(wire.ask(_command("look", some[len(found) :]))[0])
        states += found
    for number, state in enumerate(states):
        if state is not None and state.digest == "large":
            states[number] = redis_pieces.look(wire, keys[number], state, watched=watched)
    return states


def portions(keys: Sequence[Key], together: int = 1) -> list[Sequence[Key]]:
    """Return the keys in portions of a command each; those that belong *together* stay so."""
    most = max(1, KEYS_A_COMMAND // together) * together
    return [keys[start : start + most] for start in range(0, len(keys), most)]


def _command(name: str, keys: Sequence[Key], *more: bytes) -> Command:
    limits = b"%d" % LARGEST, b"%d" % BYTES_A_COMMAND
    return [b"EVAL_RO", script(name), b"%d" % len(keys), *keys, *limits, *more]


def _states(answer: Sequence[bytes]) -> list[KeyState | None]:
    types, expiries, digests = (some.decode().split(" ") for some in answer)
    return [
        None
        if expiry == "-2"
        else KeyState(type_, None if digest == "type" else digest, None if expiry == "-1" else int(expiry))
        for type_, expiry, digest in zip(types, expiries, digests, strict=True)
    ]
