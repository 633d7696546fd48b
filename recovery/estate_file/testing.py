"""The block `recovery.testing`: what only people know of a test, for its evidence."""

from typing import Annotated, Literal

from recovery.dr_test.people import Severity
from recovery.dr_test.scenarios import ScenarioName
from recovery.estate_file.kinds import Days, Flag, SecretName, Text
from recovery.estate_file.marks import Acts, Part


class NamedPerson(Part):
    """Somebody, and the part they play."""

    name: Annotated[Text, Acts("who it is, as the evidence names them")]
    role: Annotated[Text, Acts("the part that they play")]


class MissingPerson(NamedPerson):
    """Somebody who is missing, on purpose or not."""

    why: Annotated[Text, Acts("why they are missing: a test without key people is one, too")]


class OtherCompany(Part):
    """Another company that has a part in the recovery."""

    name: Annotated[Text, Acts("the company")]
    part: Annotated[Text, Acts("what it does in a recovery")]


class Testing(Part):
    """The block."""

    plan_version: Annotated[Text | None, Acts("the plan's version, as people call it")] = None
    kind: Annotated[
        Literal["tabletop", "simulated", "isolated", "live"] | None,
        Acts("how close to the real thing a test is, where its order does not say"),
    ] = None
    announced: Annotated[
        Literal["planned", "surprise"] | None,
        Acts("whether those who act know of it before, where its order does not say"),
    ] = None
    scope_in: Annotated[tuple[Text, ...], Acts("what a test covers, line by line")] = ()
    scope_out: Annotated[tuple[Text, ...], Acts("what it does not, and why, line by line")] = ()
    assumptions: Annotated[tuple[Text, ...], Acts("what it takes for granted, line by line")] = ()
    risks: Annotated[
        dict[ScenarioName, Text] | None,
        Acts("why each scenario is tried: its reference in the risk register"),
    ] = None
    participants: tuple[NamedPerson, ...] = ()
    absentees: tuple[MissingPerson, ...] = ()
    nobody_absent: Annotated[Flag, Acts("true: nobody is missing, and the evidence says so")] = False
    third_parties: tuple[OtherCompany, ...] = ()
    no_third_parties: Annotated[Flag, Acts("true: no other company has a part, and the evidence says so")] = (
        False
    )
    findings_owner: Annotated[Text | None, Acts("who answers for findings that name nobody else")] = None
    days_until_due: Annotated[
        dict[Severity, Days] | None, Acts("how long a finding of each severity may stay open")
    ] = None
    interval_days: Annotated[
        Days | None,
        Acts(
            "after how many days the next test is due; without it, disaster_recovery.testing.frequency says"
        ),
    ] = None
    reviewer: NamedPerson | None = None
    signs: tuple[NamedPerson, ...] = ()
    signing_key_secret: Annotated[
        SecretName | None, Acts("names the secret (Ed25519, PEM) that signs the evidence; `dr evidence key`")
    ] = None
