"""From the options of a command line to a selection; the interface starts with the same one."""

from dataclasses import replace

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.design import resolve_design
from preventad_tui.core.design_report import design_sentences
from preventad_tui.core.errors import UsageError
from preventad_tui.core.filters import Filters, read_names, read_sessions, resolve_filters
from preventad_tui.core.paths import data_dir
from preventad_tui.core.rules import Rules, base_mask
from preventad_tui.core.saved import find_selection
from preventad_tui.core.selection import Selection


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


def rules_of(settings: Settings, index: CatalogueIndex) -> Rules:
    """The options' filters, study design and data releases; what the interface preselects.

    Raises:
        UsageError: a name that the catalogue does not have, or nothing matches the filters.
    """
    design = resolve_design(index, settings.design)
    return with_tables(settings, index, Rules(filters=filters_of(settings, index), design=design))


def with_tables(settings: Settings, index: CatalogueIndex, rules: Rules) -> Rules:
    """The rules with all tables of the data releases, where `--data-releases` was given."""
    return replace(rules, tables=index.tables.names) if settings.data_releases else rules


def preselect(settings: Settings, index: CatalogueIndex) -> Selection:
    """The images that the options mean; without any option, none.

    Filters and study design narrow the images of a saved selection.

    Raises:
        UsageError: a name that is not known, or a selection that matches nothing here.
    """
    rules = rules_of(settings, index)
    if not settings.selection:
        selection = Selection(index, rules)
        if rules.design and not selection.count:
            raise _nothing_fulfils(index, rules)
        return selection
    saved = find_selection(settings.selection, data_dir() / "selections")
    selection = Selection(index, with_tables(settings, index, saved.rules))
    meant = base_mask(index.regions, rules.filters, rules.design)
    if meant is not None:
        outside = (at for at, inside in enumerate(meant) if not inside)
        selection.tick_images(outside, False)
    if selection.is_empty:
        narrowed = " within what the other options ask for" if meant is not None else ""
        raise UsageError(
            f"The saved selection matches no image or table here{narrowed}.",
            "Look at it with “preventad-tui selections show”.",
        )
    return selection


def _nothing_fulfils(index: CatalogueIndex, rules: Rules) -> UsageError:
    steps = " ".join(design_sentences(index.regions, rules.design, rules.filters))
    return UsageError(
        f"Nothing fulfils the study design. {steps}",
        "Ask for less; --timepoints merged counts BL00 and EN00 of one arm as one time point.",
    )
