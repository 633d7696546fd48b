"""One evaluation, written down whole: what was known, what was made of it, and what would have changed it."""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from recovery.errors import BadInput
from recovery.guards import Circumstances, Decision, Policy, decide
from recovery.measurement import Frozen
from recovery.signals import Correlation, Situation
from recovery.verdict import Verdict, judge


class Evaluation(Frozen):
    """The inputs, and what followed from them. The inputs alone give the rest again."""

    situation: Situation
    correlation: Correlation
    around: Circumstances
    policy: Policy
    verdict: Verdict
    decision: Decision

    @property
    def sentence(self) -> str:
        """What it came to, in a line."""
        named = f" ({self.verdict.region})" if self.verdict.region else ""
        return f"{self.verdict.row}{named}: {self.decision.course}; {self.verdict.reason}"


def evaluate(
    situation: Situation, correlation: Correlation, around: Circumstances, policy: Policy
) -> Evaluation:
    """Judge the situation, and decide what is done about it."""
    verdict = judge(situation, correlation)
    return Evaluation(
        situation=situation,
        correlation=correlation,
        around=around,
        policy=policy,
        verdict=verdict,
        decision=decide(verdict, around, policy, situation.at),
    )


def again(kept: Evaluation) -> Evaluation:
    """Return what its inputs come to with the rules of today."""
    return evaluate(kept.situation, kept.correlation, kept.around, kept.policy)


def parsed(name: str, lines: Iterable[str]) -> Iterator[Evaluation]:
    """Return the evaluations of a file of JSON lines; `BadInput` names the line that is none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Evaluation.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the line"
            raise BadInput(
                f"{name}, line {number}: {where}: {first['msg']}; give the intake's evaluations.jsonl, unchanged."
            ) from error
