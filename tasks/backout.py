"""Up to the point of no return, a failure puts everything back as it was, visibly, step by step."""

from types import TracebackType
from typing import Generic, Self

from recovery.errors import BackingOut, Superseded
from recovery.journal import Kind
from tasks.run import now
from tasks.step import RunT, Step


class BackOut(Generic[RunT]):
    """`with BackOut(run) as back_out:` around the steps that can be undone.

    An undo is registered before its step is begun, so a step that failed half-way, or
    whose process was killed, is undone too. A resumed operation registers them again as
    it passes the steps that are done, and an interrupted back-out is gone on with. Stopped
    before it has passed all that was begun, it puts nothing back: it can be resumed again.
    """

    def __init__(self, run: RunT) -> None:
        """Have nothing to undo yet."""
        self._run = run
        self._undos: list[Step[RunT, [], None]] = []

    def with_undo(self, undo: Step[RunT, [], None]) -> None:
        """Register *undo*; it is run, last one first, if anything fails before the block's end."""
        self._undos.append(undo)

    def __enter__(self) -> Self:
        """Begin the part that can be undone."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pass the point of no return, or put everything back; the error goes on to the caller."""
        if self._run.past_no_return:
            return
        if error is not None:
            self._put_back(error)
            return
        if self._run.backing_out:  # stopped after its last step here, it was killed as it put things back
            why = self._run.why_backing_out
            error = BackingOut(f"{self._run.id} is backing out; nothing is taken over. {why}")
            self._put_back(error)
            raise error
        self._run.epoch.prove()
        self._run.journal.record(Kind.POINT_OF_NO_RETURN, now())

    def _put_back(self, error: BaseException) -> None:
        run = self._run
        run.epoch.prove()
        if ahead := self._not_reached(error):
            run.note(f"Nothing is put back: {', '.join(ahead)} was begun before, and not come to; resume it.")
            return
        run.back_out(error)
        failed = [told for undo in reversed(self._undos) if (told := self._undone(undo))]
        if failed:
            run.note(
                "The back-out is not complete.",
                next=[*failed, f"then run `dr resume {run.id}`, which goes on with the back-out"],
            )
            return
        run.journal.record(Kind.BACKED_OUT, now())
        run.epoch.close()

    def _not_reached(self, error: BaseException) -> list[str]:
        """Return the steps that an earlier process began and this one has not come to: it knows no undo of them.

        The step that is not begun for backing out is the last one that was begun.
        """
        if isinstance(error, BackingOut):
            return []
        return sorted(self._run.not_come_to - {undo.name for undo in self._undos})

    def _undone(self, undo: Step[RunT, [], None]) -> str | None:
        """Undo one step; return what a person has to do where it could not be."""
        try:
            undo(self._run)
        except Superseded:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the other undos are still to be done
            return f"{undo.declared.title}: {error or type(error).__name__}"
        return None
