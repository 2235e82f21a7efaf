"""The three lines on top of the transfers: state, bar, numbers."""

from typing import ClassVar

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from preventad_tui.core.errors import ExitCode
from preventad_tui.core.events import PauseReason, RunState, Snapshot, Summary
from preventad_tui.core.text import clean, human_clock, human_duration, human_size, plural
from preventad_tui.ui.widgets.amounts import amount_of, bar
from preventad_tui.ui.widgets.row_list import fit

_GAP = "   "
_SENTENCE_ROWS = 2


class ProgressHead(Widget):
    """How the run stands; numbers keep their width, a pause says its reason in a sentence."""

    DEFAULT_CSS: ClassVar[str] = """
    ProgressHead { height: auto; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._summary: Summary | None = None
        self._has_run = False

    def show(self, snapshot: Snapshot, summary: Summary | None, has_run: bool) -> None:
        """Draw this moment."""
        now = (snapshot, summary, has_run)
        if now == (self._snapshot, self._summary, self._has_run):
            return
        sentence, before = self._sentence(), self._lines()
        self._snapshot, self._summary, self._has_run = now
        if self._sentence() != sentence:
            self.refresh(layout=True)
            return
        width = self.outer_size.width
        for y, (old, new) in enumerate(zip(before, self._lines(), strict=True)):
            if not old.is_same(new):
                self.refresh(Region(0, y, width, 1))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines())

    def _lines(self) -> list[Content]:
        width = max(self.content_size.width, 1)
        return [*self._top(width), *self._bar(width), *self._numbers(width)]

    # The first line, or lines where a sentence is long

    def _sentence(self) -> str:
        if not self._has_run:
            return ""
        if self._summary is not None:
            sentence = clean(self._summary.sentence) or "finished"
            if self._snapshot.files_failed:
                return f"{sentence} e shows why, r tries again."
            cancelled = self._snapshot.files_cancelled
            return f"{sentence} r fetches what was cancelled." if cancelled else sentence
        moves = self._snapshot.state is RunState.RUNNING
        if not moves and self._snapshot.pause_reason is not PauseReason.USER:
            return clean(self._snapshot.sentence)
        return ""

    def _word(self) -> str:
        snapshot = self._snapshot
        if not self._has_run:
            return "nothing to do"
        if self._summary is not None:
            return "finished"
        if snapshot.state is RunState.RUNNING:
            limit = f" · at most {human_size(snapshot.rate_limit)}/s" if snapshot.rate_limit else ""
            return f"running · {snapshot.jobs} at once{limit}"
        if snapshot.pause_reason is PauseReason.USER:
            return "paused · p goes on"
        if snapshot.state is RunState.WAITING and snapshot.next_try_s is not None:
            what = "waiting"
            if snapshot.pause_reason is PauseReason.OFFLINE and snapshot.waits_since:
                what = f"offline since {human_clock(snapshot.waits_since)}"
            return f"{what} · next try in {human_duration(snapshot.next_try_s)}"
        return snapshot.state.value

    def _top(self, width: int) -> list[Content]:
        word = self._word()
        style = "bold"
        if self._snapshot.pause_reason not in (PauseReason.NONE, PauseReason.USER):
            style = "bold $text-warning"
        title = fit("Transfers", max(width - len(word), 0))
        lines = [Content.assemble((title, "bold"), (word, style))]
        if sentence := self._sentence():
            rows = Content(sentence).wrap(width)[:_SENTENCE_ROWS]
            lines += [row.stylize(style) for row in rows]
        return lines

    # The bar and the numbers

    def _bar(self, width: int) -> list[Content]:
        share = self._share()
        if not self._has_run:
            return [Content("")]
        return [Content(f"{bar(share, width - 7)} {int(share * 100):>4} %")]

    def _share(self) -> float:
        snapshot = self._snapshot
        to_fetch = snapshot.files_total - snapshot.files_skipped
        is_whole = self._summary is not None and self._summary.exit_code is ExitCode.OK
        if is_whole or 0 < to_fetch <= snapshot.files_done:
            return 1.0
        if snapshot.bytes_total > 0 and not snapshot.bytes_unknown:
            share = snapshot.bytes_done / snapshot.bytes_total
        else:
            share = snapshot.files_done / to_fetch if to_fetch else 0.0
        return min(share, 0.99)

    def _numbers(self, width: int) -> list[Content]:
        snapshot = self._snapshot
        if not self._has_run:
            return [Content(fit("d in the browser starts a download; here it will show.", width))]
        if not snapshot.files_total and self._summary is None:
            return [Content("starting ...")]
        to_fetch = snapshot.files_total - snapshot.files_skipped
        whole = f"{to_fetch:,}"
        parts = [
            Content(f"{snapshot.files_done:>{len(whole)},} of {whole} files"),
            Content(
                amount_of(
                    snapshot.bytes_done,
                    None if snapshot.bytes_unknown else snapshot.bytes_total or None,
                    estimated=snapshot.bytes_estimated,
                )
            ),
        ]
        if snapshot.files_failed:
            parts.append(Content.styled(f"{snapshot.files_failed:,} failed", "bold $text-warning"))
        if snapshot.files_cancelled:
            parts.append(Content(f"{snapshot.files_cancelled:,} cancelled"))
        if self._summary is not None:
            parts.append(Content(f"in {human_duration(self._summary.seconds)}"))
        elif snapshot.state is RunState.RUNNING and snapshot.files_delayed and not snapshot.active:
            parts.append(Content(f"{plural(snapshot.files_delayed, 'file')} to be tried again"))
        elif snapshot.state is RunState.RUNNING:
            left = "?" if snapshot.left_s is None else human_duration(snapshot.left_s)
            parts.append(Content(f"{human_size(snapshot.rate_bytes_per_s):>7}/s"))
            parts.append(Content(f"{left:>6} left"))
        if snapshot.files_skipped:
            parts.append(Content(f"{snapshot.files_skipped:,} were here before"))
        return [_those_that_fit(parts, width)]


def _those_that_fit(parts: list[Content], width: int) -> Content:
    """The first parts that fit whole into the width."""
    line = Content("")
    for part in parts:
        longer = Content.assemble(line, _GAP, part) if line else part
        if longer.cell_length > width:
            break
        line = longer
    return line
