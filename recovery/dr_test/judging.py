"""Whether a scenario's outcome bears what it claims: a claim without its proof counts for nothing."""

from collections.abc import Iterator

from pydantic import Field

from recovery.dr_test.outcome import Measured, Proof, ProofState, ScenarioOutcome
from recovery.dr_test.scoring import Score, score
from recovery.measurement import Frozen
from recovery.objectives import Judgement


class Scored(Frozen):
    """A scenario's score, and what kept it from a better one."""

    score: Score
    rto: Judgement
    rpo: Judgement
    why: list[str] = Field(description="Each reason why it is not “there and back”, in a sentence")


def scored(outcome: ScenarioOutcome, *, rto_s: float, rpo_s: float) -> Scored:
    """Return the score against these objectives.

    *There* needs a hypothesis that held, and every figure that applies measured and met. *Back* needs a failback,
    a comparison of the regions and a steady state afterwards, each proved unless it does not apply.
    """
    rto, rpo = against(outcome.rto, rto_s), against(outcome.rpo, rpo_s)
    there = [*_against_there(outcome), *_figure("RTO", outcome.rto, rto), *_figure("RPO", outcome.rpo, rpo)]
    back = list(_against_back(outcome))
    return Scored(score=score(there=not there, back=not back), rto=rto, rpo=rpo, why=[*there, *back])


def against(figure: Measured, objective_s: float) -> Judgement:
    """Return how a figure stands against its objective; one that does not apply is not measured."""
    if figure.seconds is None:
        return Judgement.NOT_MEASURED
    return Judgement.MET if figure.seconds <= objective_s else Judgement.MISSED


def _against_there(outcome: ScenarioOutcome) -> Iterator[str]:
    if not outcome.steady_before.holds:
        yield f"The estate was not proved to be well before: {outcome.steady_before.sentence}"
    if outcome.there is not True:
        yield "The way there was not tried." if outcome.there is None else "The hypothesis did not hold."


def _figure(name: str, figure: Measured, judged: Judgement) -> Iterator[str]:
    if judged is Judgement.MISSED:
        yield f"{name} was missed."
    elif figure.applies and judged is Judgement.NOT_MEASURED:
        yield f"{name} was not measured: {figure.reason}"


def _against_back(outcome: ScenarioOutcome) -> Iterator[str]:
    proofs = {
        "The way back": outcome.failback,
        "The comparison of the regions": outcome.reconciliation,
        "The steady state afterwards": outcome.steady_after,
    }
    for what, proof in proofs.items():
        if told := _missing(proof):
            yield f"{what} {told}: {proof.sentence}"
    if outcome.back is not True and all(proof.holds for proof in proofs.values()):
        yield "The way back was not tried." if outcome.back is None else "The way back did not hold."


def _missing(proof: Proof) -> str | None:
    if proof.holds:
        return None
    return "was not done" if proof.state is ProofState.NOT_DONE else "failed"
