"""What two readings of a catalogue differ in, as lines to be read."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from preventad_tui.core.catalogue import CatalogueDiff
from preventad_tui.core.text import clean, plural
from preventad_tui.ui.widgets.line_list import Line, line

_MOST_NAMES = 2000


def changes_sentence(changed: CatalogueDiff) -> str:
    """`The server has 54 new images; 0 images went.`"""
    return (
        f"The server has {plural(len(changed.added), 'new image')}; "
        f"{plural(len(changed.gone), 'image')} went."
    )


def changes_lines(added: Sequence[str], gone: Sequence[str]) -> list[Line]:
    """Image keys that came and went, by session."""
    return [*_section("new", added), *_section("gone from the server", gone)]


def _section(title: str, keys: Sequence[str]) -> Iterator[Line]:
    if not keys:
        return
    yield line(f"{plural(len(keys), 'image')} {title}", "row--strong")
    for place, some in groupby(keys[:_MOST_NAMES], lambda key: key.rpartition("/")[0]):
        candidate, _, visit = place.partition("/")
        yield line(f"  sub-{clean(candidate)} ses-{clean(visit)}")
        for key in some:
            yield line(f"    {clean(key.rpartition('/')[2])}")
    if len(keys) > _MOST_NAMES:
        yield line(f"  and {len(keys) - _MOST_NAMES:,} more", "row--muted")
    yield line()
