"""From the options of a command line to a selection; the interface starts with the same one."""

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.errors import UsageError
from preventad_tui.core.filters import Filters, read_names, read_sessions, resolve_filters
from preventad_tui.core.paths import data_dir
from preventad_tui.core.saved import find_selection
from preventad_tui.core.selection import Rules, Selection


def filters_of(settings: Settings, index: CatalogueIndex) -> Filters:
    """The options' filters in the catalogue's spelling.

    Raises:
        UsageError: a name that the catalogue does not have, or nothing matches.
    """
    return resolve_filters(
        index,
        Filters(
            modalities=settings.modalities,
            visits=settings.visits,
            candidates=tuple(name for text in settings.candidates for name in read_names(text)),
            sessions=read_sessions(settings.sessions_file) if settings.sessions_file else (),
            all=settings.everything,
            qc=settings.qc,
        ),
    )


def preselect(settings: Settings, index: CatalogueIndex) -> Selection:
    """The images that the options mean; without any option, none.

    Filters narrow a saved selection.

    Raises:
        UsageError: a name that is not known, or a selection that matches nothing here.
    """
    filters = filters_of(settings, index)
    if not settings.selection:
        return Selection(index, Rules(filters=filters))
    saved = find_selection(settings.selection, data_dir() / "selections")
    selection = Selection(index, saved.rules)
    if filters:
        outside = (at for at, inside in enumerate(filters.mask(index.regions)) if not inside)
        selection.tick_images(outside, False)
    if not selection.count:
        raise UsageError(
            "The saved selection matches no image of this server.",
            "Look at it with “preventad-tui selections show”.",
        )
    return selection
