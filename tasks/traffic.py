"""Moving traffic: in steps while the source is sound, at once when it is lost."""

from collections.abc import Callable
from datetime import timedelta

from pydantic import JsonValue

from recovery import shift as engine
from recovery.errors import NotReady, RecoveryError, Unavailable
from recovery.findings import Drained, Means, Shifted
from recovery.forecast import drain_s
from recovery.journal import Kind
from recovery.judgement import Limits
from recovery.observation import Observation, Seen, observed
from recovery.traffic import CONTROL_PLANE, Weights, stop_object_of, told
from recovery.waiting import wait_until
from tasks.answers import answered_only
from tasks.failback_run import FailbackRun
from tasks.run import FailoverRun, now
from tasks.step import step

WINDOW = timedelta(seconds=1)
"""One window of the shift: at the prober's rate about a hundred requests. Never longer than a step."""
LOOK_BACK = 5
"""Whether the source is fit to return to is told from so many windows: it is asked less and less."""
HELD, ROLLED_BACK = "held", "rolled back"
DRAIN, RETURN = "drain", "return_traffic"
"""The steps that move traffic in steps."""


def dns(_run: FailoverRun | FailbackRun) -> list[str]:
    """Return what a change of weights touches."""
    return [CONTROL_PLANE]


def in_steps(run: FailoverRun | FailbackRun) -> list[str]:
    """Return what traffic that is moved in steps touches."""
    return [CONTROL_PLANE, run.outside.prober.endpoint]


def _every_switch(run: FailoverRun) -> list[str]:
    stop = [stop_object_of(run.source.name)] if run.source.name in run.outside.stops else []
    return [*stop, CONTROL_PLANE, run.outside.front_door.name]


def _stop_is_enough(run: FailoverRun) -> str | None:
    return "the stop object alone is enough" if run.source.name in run.outside.stops else None


@step(
    title="Drain the source",
    side="source",
    mutates=True,
    retries=0,
    timeout_s=None,
    touches=in_steps,
    deadline=lambda run: drain_s(run.file),
)
def drain(run: FailoverRun) -> Drained:
    """Send the source's traffic to the target in the estate's steps, each verified by what the prober saw.

    Rolled back by itself over the failure threshold, if the source is fit to return to.
    Safe to repeat: it goes on from the weights that the zone has.
    """
    steps = moved_in_steps(run, plan_of(run))
    return Drained(original=original_of(run) or {}, steps=steps)


def moved_in_steps(run: FailoverRun | FailbackRun, plan: engine.Plan, *, step: str = DRAIN) -> list[int]:
    """Move traffic from the source to the target by *plan*; return the shares that were set, percent.

    `NotReady` where it was rolled back, or held: then the journal says which, and what a person decides.
    """
    traffic = run.outside.traffic
    baseline = _baseline(run)
    remember_original(run)
    shift = engine.Shift(
        plan=plan,
        source=run.source.name,
        target=run.target.name,
        original=dict(traffic.weights()),
        baseline=baseline,
    )
    taken: list[int] = []
    while True:
        window = _next_window(run) if shift.step else None
        shift, action = engine.advance(shift, window, now())
        match action:
            case engine.SetWeights(share=share, weights=weights):
                run.epoch.prove()
                traffic.set_weights(weights)
                run.note(f"{share} % of requests are sent to {run.target.name}.", step=step)
                taken.append(share)
            case engine.Done():
                return taken
            case engine.RollBack(reason=reason):
                run.note(f"Rolled back: {reason}", step=step, ended=ROLLED_BACK)
                raise NotReady(f"Traffic was rolled back to {run.source.name}: {reason}")
            case engine.Hold(reason=reason):
                run.note(f"Held: {reason}", step=step, ended=HELD, next=_after_hold(run, shift.weights))
                raise NotReady(f"Traffic is held where it is: {reason}")
            case engine.Wait():
                continue


@step(title="Put traffic back", mutates=True, undoes=True, touches=dns, deadline="shift_seconds")
def put_back(run: FailoverRun | FailbackRun) -> None:
    """Give the global name the weights it had before the operation; safe to repeat.

    A shift that was held stays as it is: the source was not seen fit to return to.
    """
    original = original_of(run)
    if original is None or is_held(run):
        return
    change = run.outside.traffic.set_weights(original)
    wait_until(
        lambda: (True if run.outside.traffic.applied(change) else None, "not yet applied"),
        what=f"the weights {told(original)}",
        deadline_s=float(run.file.settings.deadlines.shift_seconds),
    )


@step(
    title="Send all traffic to the target",
    side="target",
    deadline="shift_seconds",
    mutates=True,
    retries=3,
    touches=_every_switch,
    without_control_plane=_stop_is_enough,
)
def shift(run: FailoverRun) -> Shifted:
    """Have the authoritative servers answer with the target only, by every switch that works.

    The stop object first, which needs no control plane; then the source's health check
    forced unhealthy, since weight zero alone is not off; then the weights. One that
    works is enough. Safe to repeat: each leaves what is already so.
    """
    source, target = run.source.name, run.target.name
    switches: dict[str, Callable[[], object]] = {}
    if stop := run.outside.stops.get(source):
        switches["stop object (data plane)"] = stop.put
    traffic = run.outside.traffic
    switches["weights"] = lambda: _all_to_target(run)
    switches["health check forced"] = lambda: traffic.mark_unhealthy(source)
    means = [_switched(run, name, switch) for name, switch in switches.items()]
    if not any(one.worked for one in means):
        raise Unavailable(
            "No switch moved the traffic: " + "; ".join(f"{one.means}: {one.detail}" for one in means)
        )
    answered_at, error_s = answered_only(run, {target})
    return Shifted(answered_at=answered_at, error_s=error_s, means=means)


def is_held(run: FailoverRun | FailbackRun) -> bool:
    """Whether traffic was left where it is, for a person to decide."""
    return any(event.kind is Kind.NOTED and event.data.get("ended") == HELD for event in run.journal.events)


def _all_to_target(run: FailoverRun) -> None:
    """Set the weights; what they were is for whoever brings the source back."""
    remember_original(run)
    run.outside.traffic.set_weights(engine.weights_for(engine.WHOLE, run.source.name, run.target.name))


def plan_of(run: FailoverRun | FailbackRun) -> engine.Plan:
    """Return the shift's plan as the estate has it."""
    automated = run.file.automated_failover
    shifting, detection = automated.traffic_shifting, automated.detection
    interval = timedelta(seconds=shifting.increment_interval_seconds)
    verification = timedelta(seconds=shifting.verification_period_seconds)
    ttl = timedelta(seconds=run.file.settings.route53.record_ttl_seconds)
    patience = 2 * (interval + verification)
    return engine.Plan(
        increment_percent=shifting.increment_percent if shifting.gradual else engine.WHOLE,
        interval=interval,
        verification=verification,
        max_hold=patience + 10 * ttl,
        patience=patience,
        cooldown=timedelta(minutes=automated.rollback.cooldown_period_minutes),
        back_out=automated.rollback.automatic,
        ttl=ttl,
        limits=Limits(
            failure_threshold=automated.rollback.failure_threshold,
            p95=timedelta(milliseconds=detection.latency_threshold_ms),
        ),
    )


def _next_window(run: FailoverRun | FailbackRun) -> Observation:
    """Return what the prober sees in the window that begins now."""
    window = _window(run)
    until = now() + window

    def over() -> tuple[Observation | None, str]:
        seen = now()
        if seen < until:
            return None, "the window is not over"
        return _seen(run, window).model_copy(update={"source": _seen(run, LOOK_BACK * window).source}), "seen"

    try:
        return wait_until(
            over, what="the prober's window", deadline_s=5 * WINDOW.total_seconds(), poll_s=0.05
        )
    except RecoveryError as error:
        return Observation(start=until - window, end=now(), error=str(error))


def _seen(run: FailoverRun | FailbackRun, window: timedelta) -> Observation:
    return observed(run.outside.prober.evidence(window), run.source.name, run.target.name)


def _baseline(run: FailoverRun | FailbackRun) -> Seen | None:
    """Return how the target did before any traffic was moved, by the journal: what it did since excuses nothing."""
    noted = (event.data.get("baseline") for event in run.journal.events if event.kind is Kind.NOTED)
    if kept := next((one for one in noted if one is not None), None):
        return Seen.model_validate(kept)
    if original_of(run) is not None:
        return None
    seen = _seen(run, LOOK_BACK * _window(run)).target
    run.note("How the target does before it is sent more.", baseline=seen.model_dump(mode="json"))
    return seen


def _after_hold(run: FailoverRun | FailbackRun, weights: Weights) -> list[JsonValue]:
    """Return what a person decides when neither region is fit for the traffic."""
    source, target = run.source.name, run.target.name
    if isinstance(run, FailbackRun):
        sound = (
            f"Where {source} turns out sound, put traffic back by the runbook's step 12: "
            f"{told(original_of(run) or {})}; then start the failback again."
        )
        return [
            f"Look at both regions: {target} is open, traffic stays at {told(weights)}, and nothing moves it.",
            sound,
            f"Where {source} is lost, start an unplanned failover from it: {target} has all rows, and is followed.",
        ]
    return [
        f"Look at both regions: traffic stays at {told(weights)}, and nothing moves it by itself.",
        f"Where {source} turns out sound, put traffic back: {told(original_of(run) or {})}, by the runbook's step 5.",
        f"Where {source} is lost, start an unplanned failover; where {target} is mended, a new planned one.",
    ]


def _window(run: FailoverRun | FailbackRun) -> timedelta:
    return min(WINDOW, plan_of(run).interval)


def _switched(run: FailoverRun, name: str, switch: Callable[[], object]) -> Means:
    run.epoch.prove()
    try:
        switch()
    except RecoveryError as error:
        return Means(means=name, worked=False, detail=str(error))
    return Means(means=name, worked=True, detail="done")


def remember_original(run: FailoverRun | FailbackRun) -> None:
    """Write the weights into the journal as they were before the operation, once. Safe to repeat."""
    if original_of(run) is None:
        run.note("The weights before the operation.", original=dict(run.outside.traffic.weights()))


def original_of(run: FailoverRun | FailbackRun) -> dict[str, int] | None:
    """Return the weights before the operation, as the journal has them."""
    for event in run.journal.events:
        if event.kind is Kind.NOTED and isinstance(original := event.data.get("original"), dict):
            return {region: int(str(weight)) for region, weight in original.items()}
    return None
