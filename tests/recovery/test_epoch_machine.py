"""The epoch under any order of operations, deaths, faults of stores and late writes that hypothesis thinks of."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recovery.epoch import Claim, Epoch, give_up, take
from recovery.errors import EpochHeld, Superseded, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum

PLACES = ("east", "west", "witness")
OPERATIONS = ("alert", "person", "drill")
FAULTS = ("down", "loses_replies", "late")
AT = datetime(2026, 3, 1, tzinfo=UTC)
DEADLINE_S = 0.02
"""Short: an epoch waits for so long to see whether a rival withdraws, and here many rivals are dead."""


@dataclass
class Process:
    """One process of an operation, and what it may believe: it holds from a take to its close."""

    operation: str
    epoch: Epoch
    closing: bool = False

    def holds(self) -> bool:
        while True:
            try:
                self.epoch.prove()
            except Superseded:
                return False
            except Unavailable:
                continue  # the machine is busy: memory did not answer in 20 ms
            return True


class Contenders(RuleBasedStateMachine):
    """Three faulty stores, three operations, any number of processes of each."""

    @initialize()
    def begin(self) -> None:
        self.stores = [FakeStore(place) for place in PLACES]
        self.quorum = Quorum(self.stores, deadline_s=DEADLINE_S)
        self.processes: list[Process] = []
        self.claims = 0

    @rule(store=st.integers(0, 2), fault=st.sampled_from(FAULTS), on=st.booleans())
    def fault(self, store: int, fault: str, *, on: bool) -> None:
        setattr(self.stores[store], fault, on)

    @rule(store=st.integers(0, 2))
    def late_writes_arrive(self, store: int) -> None:
        self.stores[store].deliver()

    @rule(operation=st.sampled_from(OPERATIONS))
    def take(self, operation: str) -> None:
        try:
            epoch = take(self.quorum, "eden", self.claim(operation))
        except (EpochHeld, Unavailable):
            return
        # The first may hold: then the second was not to be let in.
        assert {p.operation for p in self.processes if not self.over(p)} <= {operation}
        self.processes.append(Process(operation, epoch))

    @rule(operation=st.sampled_from(OPERATIONS), at=st.sets(st.integers(0, 2), max_size=3))
    def die_while_announcing(self, operation: str, at: set[int]) -> None:
        """Its claim, under the number it read a while ago, stands wherever its writes came to."""
        number = 1 + max((process.epoch.number for process in self.processes), default=0)
        body = self.claim(operation).model_dump_json().encode()
        for store in at:
            self.stores[store].objects.setdefault(f"estates/eden/epoch/{number:08d}", body)

    @rule(which=st.integers(0, 100))
    def close(self, which: int) -> None:
        if not self.processes:
            return
        process = self.processes[which % len(self.processes)]
        process.closing = True
        with suppress(Unavailable):
            process.epoch.close()

    @invariant()
    def nobody_holds_beside_another(self) -> None:
        with Calm(self.stores):
            holding = [process for process in self.processes if process.holds()]
            assert len(holding) <= 1
            assert not any(process.closing for process in holding)

    def teardown(self) -> None:
        """With the stores back nobody blocks the estate for ever: a person gives up the dead, one by one."""
        if not hasattr(self, "stores"):
            return
        patient = Quorum(self.stores)
        with Calm(self.stores):
            for _ in OPERATIONS:
                try:
                    epoch = take(patient, "eden", self.claim("newcomer"))
                except EpochHeld as held:
                    give_up(patient, "eden", str(held).split("operation ")[1].split(" ")[0])
                else:
                    epoch.close()
            take(patient, "eden", self.claim("newcomer")).prove()
            assert not any(process.holds() for process in self.processes)

    def claim(self, operation: str) -> Claim:
        self.claims += 1
        return Claim(operation=operation, holder=f"process {self.claims}", since=AT)

    def over(self, process: Process) -> bool:
        """Whether it closed, or a later process of its operation took its place."""
        later = self.processes[self.processes.index(process) + 1 :]
        return process.closing or any(other.operation == process.operation for other in later)


class Calm:
    """The stores without their faults, for as long as one looks."""

    def __init__(self, stores: list[FakeStore]) -> None:
        self.stores = stores

    def __enter__(self) -> None:
        self.faults = [{fault: getattr(store, fault) for fault in FAULTS} for store in self.stores]
        for store in self.stores:
            for fault in FAULTS:
                setattr(store, fault, False)

    def __exit__(self, *_: object) -> None:
        for store, faults in zip(self.stores, self.faults, strict=True):
            for fault, on in faults.items():
                setattr(store, fault, on)


Contenders.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck)
)
test_only_one_operation_ever_holds = pytest.mark.timeout(120)(Contenders.TestCase)
