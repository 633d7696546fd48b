"""A step of a restore, for each cluster that it brings back: at once, or in turn where one waits for the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from tasks.restore_run import RestoreRun


def each(run: RestoreRun, step: Callable[[RestoreRun], object], *, at_its_moment: bool = False) -> None:
    """Do *step* for every part of *run*; raises the first error after all have ended.

    *at_its_moment*: a part whose moment is not known yet waits for the first part to find it.
    """
    first, *others = run.parts
    if not others or (at_its_moment and any(part.target is None for part in others)):
        for part in run.parts:
            step(part)
        return
    with ThreadPoolExecutor(len(run.parts)) as pool:
        begun = [pool.submit(copy_context().run, step, part) for part in (first, *others)]
    for one in begun:
        one.result()
