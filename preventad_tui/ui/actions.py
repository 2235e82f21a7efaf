"""The one registry of what keys do.

Bindings, the hint line, the help screen and the command palette are made from it, so they cannot
drift apart. An action's id is `place.name`: `action_<name>` is the method that does it, on the
widget or screen of that place, and the id is what a user's `[keys]` table in config.toml names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len
from textual.binding import Binding, BindingType


class Place(StrEnum):
    """Where an action's keys work."""

    APP = "app"
    LIST = "list"
    TREE = "tree"
    BROWSER = "browser"
    FILTER = "filter"
    FACETS = "facets"
    PLAN = "plan"
    COVERAGE = "coverage"
    DESIGN = "design"
    TABLE = "table"
    TRANSFERS = "transfers"
    LOG = "log"
    SELECTIONS = "selections"
    FIELDS = "fields"
    RESUME = "resume"
    DETAILS = "details"
    LOGIN = "login"
    HELP = "help"
    PALETTE = "palette"
    CONFIRM = "confirm"
    TICK_BOX = "tick_box"
    PATH = "path"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key does; `keys` is comma-separated, empty for palette-only actions.

    `among`: it is done only on screens that have one of these places too; empty: on all.
    """

    id: str
    keys: str
    label: str
    help: str
    among: tuple[Place, ...] = ()

    @property
    def place(self) -> Place:
        """Where it works: the first part of the id."""
        return Place(self.id.partition(".")[0])

    @property
    def name(self) -> str:
        """The method `action_<name>` that does it: the second part of the id."""
        return self.id.partition(".")[2]


_SEARCHED = (Place.TREE, Place.TRANSFERS)
_MAIN = (Place.BROWSER, Place.TRANSFERS)

ACTIONS: tuple[Action, ...] = (
    # Everywhere
    Action("app.help", "?,f1", "Help", "this list of keys"),
    Action("app.palette", ":,ctrl+p", "Commands", "every command, found by name"),
    Action("app.toggle_transfers", "w", "Transfers", "to and from the transfers", _MAIN),
    Action("app.show_browser", "1", "Browser", "the browser", _MAIN),
    Action("app.show_transfers", "2", "Transfers", "the transfers", _MAIN),
    Action("app.calm", "z", "Calm", "calm screen: one repaint in 10 s, no clocks and bars between"),
    Action("app.redraw", "ctrl+l", "Redraw", "draw the screen again"),
    Action("app.suspend", "ctrl+z", "Suspend", "back to the shell for a while; transfers stop too"),
    Action("app.theme", "", "Theme", "change colours: terminal, dark, light; kept"),
    Action("app.log_in_again", "", "Log in again", "log in as the same or another user"),
    Action("app.quit", "q,ctrl+q,ctrl+c", "Quit", "quit; asks while a download runs"),
    # Lists of every kind, the tree and the log
    Action("list.cursor_up", "up,k", "Up", "one row up"),
    Action("list.cursor_down", "down,j", "Down", "one row down"),
    Action("list.page_up", "pageup", "Page up", "one page up"),
    Action("list.page_down", "pagedown", "Page down", "one page down"),
    Action("list.half_page_up", "ctrl+u", "Half page up", "half a page up"),
    Action("list.half_page_down", "ctrl+d", "Half page down", "half a page down"),
    Action("list.first", "g,home", "First", "the first row"),
    Action("list.last", "G,end", "Last", "the last row"),
    Action("list.next_match", "n", "Next", "the next match or failure", _SEARCHED),
    Action("list.previous_match", "N", "Previous", "the previous match or failure", _SEARCHED),
    # The tree
    Action("tree.collapse", "left,h", "Close", "close the branch, or go to its parent"),
    Action("tree.expand", "right,l", "Open", "open the branch, or go to its first child"),
    Action("tree.toggle_branch", "enter", "Open/close", "open or close the branch"),
    Action("tree.tick", "space", "Tick", "tick or untick this and all below it that is shown"),
    Action("tree.collapse_all", "-", "Close all", "close all branches"),
    Action("tree.expand_candidate", "=", "Open all", "open everything of this candidate"),
    # Browser
    Action("browser.tick_all", "a", "All", "tick all that is shown, and say how much that was"),
    Action("browser.undo", "u", "Undo", "take back the last change of the selection"),
    Action("browser.redo", "ctrl+r", "Redo", "make the change again that was taken back"),
    Action("browser.clear", "U", "Clear", "clear all ticks (u brings them back)"),
    Action("browser.invert", "", "Invert", "invert the ticks of all that is shown"),
    Action("browser.next_unticked", "", "Next unticked", "go to the next image without a tick"),
    Action("browser.filter", "/", "Filter", "filter as you type: t1w bold prefu, ~part of a name"),
    Action("browser.clear_filter", "escape", "No filter", "empty the filter; one step back"),
    Action("browser.facets", "f", "Facets", "visits and modalities with counts, to tick"),
    Action("browser.design", "S", "Design", "choose by study design"),
    Action("browser.next_order", "v", "Order", "order of the tree: by candidate, visit, modality"),
    Action("browser.change_type", "t", "Type", "BIDS or MINC"),
    Action("browser.details", "i", "Details", "the item: files, sizes, links, why it failed"),
    Action("browser.coverage", "c", "Coverage", "visits by modalities: server, selected, on disk"),
    Action("browser.verify", "V", "Verify", "check what is on disk"),
    Action("browser.plan", "d", "Plan", "review and start the download"),
    Action("browser.save", "s,ctrl+s", "Save", "save the selection under a name"),
    Action("browser.open_saved", "o", "Open", "open a saved selection"),
    Action("browser.refresh", "R", "Read again", "read the catalogue again, show what changed"),
    # The filter's text field
    Action("filter.to_tree", "enter,down", "To the tree", "keep the filter, go to the tree"),
    Action("filter.leave", "escape", "Empty", "empty the filter; a second time leaves it"),
    # Facets
    Action("facets.tick", "space", "Tick", "tick or untick it in every candidate"),
    Action("facets.leave", "escape,f", "Tree", "back to the tree"),
    # Plan
    Action("plan.start", "enter", "Start", "start the download"),
    Action("plan.folder", "e", "Folder", "change the output folder"),
    Action("plan.fewer", "<", "At once", "fewer transfers at once"),
    Action("plan.more", ">", "At once", "more transfers at once"),
    Action("plan.check_updates", "n", "Check for newer", "ask the server for newer versions too"),
    Action("plan.missing", "m", "Missing", "files removed since: fetch again or leave"),
    Action("plan.fieldmaps", "f", "Fieldmaps", "add the fieldmaps of the selected bold sessions"),
    Action("plan.password", "p", "Password", "type the password now, so that the login lasts"),
    Action("plan.back", "escape", "Back", "back to the browser"),
    # Coverage
    Action("coverage.measure", "m", "Measure", "on the server, selected, on disk"),
    Action("coverage.view", "s", "Candidates", "candidates instead of visits"),
    Action("coverage.to_tree", "enter", "Tree", "show these images in the tree, with that filter"),
    Action("coverage.mark", "space", "Has all of", "this modality is one of those of “has all of”"),
    Action("coverage.scope", "a", "All/shown", "all candidates, or those that the filter shows"),
    Action("coverage.design", "S", "Design", "choose by study design, with the modalities marked"),
    Action("coverage.export", "E", "Export", "write the table as TSV"),
    Action("coverage.back", "escape", "Back", "back to the browser"),
    # Study design
    Action("design.change", "space", "Tick/change", "tick the modality, change the condition"),
    Action("design.more", ">,+", "Value", "the next value of the condition"),
    Action("design.less", "<,-", "Value", "the value before"),
    Action("design.apply", "enter", "Select these", "select these instead (u takes it back)"),
    Action("design.clear", "U", "Start anew", "take all conditions away"),
    Action("design.back", "escape", "Back", "back, the selection stays as it was"),
    # Columns
    Action("table.left", "left,h", "Left", "one column to the left"),
    Action("table.right", "right,l", "Right", "one column to the right"),
    # Transfers
    Action("transfers.pause", "p", "Pause", "pause, or go on"),
    Action("transfers.fewer", "<,-", "At once", "fewer transfers at once"),
    Action("transfers.more", ">,+", "At once", "more transfers at once, up to 8"),
    Action("transfers.rate", "L", "Rate", "limit the rate"),
    Action("transfers.retry", "r", "Retry", "try again what failed"),
    Action("transfers.cancel", "x", "Cancel", "cancel this file; again takes it back"),
    Action("transfers.stop", "X", "Stop", "stop all (asks); what is on disk stays"),
    Action("transfers.failures", "e", "Failures", "log: everything, or failures by reason"),
    Action("transfers.search", "/", "Search", "look for words in the log; n and N go on"),
    Action("transfers.end_search", "escape", "End search", "end the search"),
    Action("transfers.details", "i", "Details", "the file: path, link, size, why it failed"),
    Action(
        "transfers.export",
        "E",
        "Report",
        "write the log (TSV) and a report with how to cite (JSON)",
    ),
    # Saved selections
    Action("selections.open", "enter", "Open", "open the selection"),
    Action("selections.rename", "r", "Rename", "rename it"),
    Action("selections.delete", "x", "Delete", "delete it (asks)"),
    Action("selections.export_file", "E", "Export", "write it to a file, for `get` or a colleague"),
    Action("selections.import_file", "I", "Import", "read one from a file"),
    Action("selections.back", "escape", "Back", "back to the browser"),
    # Questions with text fields
    Action("fields.accept", "enter", "OK", "the next field; in the last one, take it"),
    Action(
        "fields.next_field",
        "tab",
        "Next field",
        "the next field (shift+tab: the one before); a path is completed",
    ),
    Action("fields.back", "escape", "Back", "back without a change"),
    # The offer to resume
    Action("resume.accept", "enter", "Go on", "go on where you left"),
    Action("resume.decline", "escape,n", "Start anew", "start without the last selection"),
    # Details
    Action("details.back", "escape,i", "Back", "back"),
    # Login
    Action("login.submit", "enter", "Log in", "log in"),
    Action("login.next_field", "tab", "Next field", "the next field (shift+tab: the one before)"),
    Action("login.back", "escape", "Back", "back, where there is something behind"),
    # Help and questions
    Action("help.back", "escape", "Back", "back"),
    Action("confirm.yes", "y", "Yes", "yes"),
    Action("confirm.no", "n,escape", "No", "no"),
    # The command palette
    Action("palette.up", "up", "Up", "one command up"),
    Action("palette.down", "down", "Down", "one command down"),
    Action("palette.do", "enter", "Do", "do it"),
    Action("palette.back", "escape", "Back", "back"),
    # Single controls
    Action("tick_box.tick", "space", "Tick", "tick or untick the box"),
    Action("path.complete_path", "tab", "Complete", "complete the path"),
    Action("button.press", "enter,space", "Press", "press the button"),
)

_BY_ID = {action.id: action for action in ACTIONS}

PLACE_TITLES = {
    Place.APP: "Everywhere",
    Place.LIST: "In lists, the tree and the log",
    Place.TREE: "The tree",
    Place.BROWSER: "Browser",
    Place.FILTER: "In the filter",
    Place.FACETS: "Facets",
    Place.PLAN: "Plan",
    Place.COVERAGE: "Coverage",
    Place.DESIGN: "Study design",
    Place.TABLE: "Between columns",
    Place.TRANSFERS: "Transfers",
    Place.LOG: "Log",
    Place.SELECTIONS: "Saved selections",
    Place.FIELDS: "In text fields",
    Place.RESUME: "Where you left",
    Place.DETAILS: "Details",
    Place.LOGIN: "Log in",
    Place.HELP: "Help",
    Place.PALETTE: "Commands",
    Place.CONFIRM: "Question",
    Place.TICK_BOX: "On a tick box",
    Place.BUTTON: "On a button",
    Place.PATH: "In a path",
}


def get_action(action_id: str) -> Action:
    """The action of an id; KeyError for an unknown one."""
    return _BY_ID[action_id]


def actions_of(*places: Place) -> tuple[Action, ...]:
    """The actions of some places, in the registry's order within each place."""
    return tuple(action for place in places for action in ACTIONS if action.place is place)


def actions_on(places: Sequence[Place], place: Place) -> tuple[Action, ...]:
    """The actions of one of a screen's places that something on that screen does."""
    return tuple(
        action
        for action in actions_of(place)
        if not action.among or not set(action.among).isdisjoint(places)
    )


def bindings_of(*places: Place, prefix: str = "") -> list[BindingType]:
    """Textual bindings of some places, for a BINDINGS class variable.

    Args:
        places: whose actions; those without a key are left out.
        prefix: the action namespace, e.g. `app.` where a modal binds the app's own actions.
    """
    return [
        Binding(action.keys, f"{prefix}{action.name}", action.label, show=False, id=action.id)
        for action in actions_of(*places)
        if action.keys
    ]


def unknown_ids(keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The ids in a user's `[keys]` table that name no action."""
    return tuple(action_id for action_id in keymap if action_id not in _BY_ID)


def keys_of(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an action after the user's changes, as people write them."""
    return tuple(key for key in keymap.get(action.id, action.keys).split(",") if key)


_SHOWN = {"pageup": "pgup", "pagedown": "pgdn"}


def shown_key(key: str) -> str:
    """A key as it stands on the screen: `pgup` for `pageup`."""
    return _SHOWN.get(key, key)


def types_text(key: str) -> bool:
    """Whether a text field takes the key as text."""
    return len(key) == 1 or key == "space"


class Hint(NamedTuple):
    """What the bottom line says of an action, or of two that share a label."""

    keys: tuple[str, ...]
    label: str

    @property
    def shown_keys(self) -> str:
        """The keys as they stand on the screen."""
        return " ".join(map(shown_key, self.keys))

    @property
    def width(self) -> int:
        """How many cells it takes: `< > At once`."""
        return cell_len(f"{self.shown_keys} {self.label}")

    def key_at(self, column: int) -> str:
        """The key that a click on this cell means; the label means the first."""
        end = 0
        for key in self.keys:
            end += cell_len(shown_key(key)) + 1
            if column < end:
                return key
        return self.keys[0]


def hints_of(ids: Iterable[str], keymap: Mapping[str, str], *, in_text: bool = False) -> list[Hint]:
    """The hints of some actions; `"plan.fewer plan.more"` shows both keys with one label.

    `"list.cursor_up list.cursor_down=Move"` shows another label than the first action's.
    With `in_text`, for a text field, only keys that it does not take as text.
    """
    hints = []
    for entry in ids:
        names, _, label = entry.partition("=")
        actions = [get_action(action_id) for action_id in names.split()]
        keys: list[str] = []
        for action in actions:
            usable = [key for key in keys_of(action, keymap) if not (in_text and types_text(key))]
            keys += usable[:1]
        if keys:
            hints.append(Hint(tuple(keys), label or actions[0].label))
    return hints
