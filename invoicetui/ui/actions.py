"""The one catalogue of actions: key bindings, footer, palette, help, `invoicetui keys` and the README come from it.

An id is `scope.name`, as in config.toml's `[keys]`. Keys are written as Textual names them, several with commas
between. Imports no Textual, so that the command line can print the keys without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from invoicetui.tuples import NamedTuple
from invoicetui.ui.key_names import keys as read_keys
from invoicetui.ui.key_names import shown

ACCOUNTS, INVOICES, DETAIL, PROBLEMS = "accounts", "invoices", "detail", "problems"
SORTING, FORM, PAGE, MENU, QUESTION, TYPING = "sorting", "form", "page", "menu", "question", "typing"


class Scope(NamedTuple):
    """Where actions live: `screens` are those on which its keys work. Two scopes that share one share its keys.

    `sorting` is no screen but the moment between the sort key and its letter, in which no other key has a meaning, and
    so is a `question` or a `menu`; on a `form`, and while a line is `typing`, every other key is a character.
    `where` says on any other screen what has to be done before its keys work; "" where they are never looked for.
    """

    name: str
    title: str
    screens: frozenset[str]
    where: str = ""


SCOPES = {
    scope.name: scope
    for scope in (
        Scope("app", "Everywhere", frozenset((ACCOUNTS, INVOICES, DETAIL, PROBLEMS, PAGE))),
        Scope("list", "Lists and panes", frozenset((ACCOUNTS, INVOICES, DETAIL, PROBLEMS))),
        Scope("accounts", "Accounts", frozenset((ACCOUNTS,)), "works on the accounts; go back there first"),
        Scope("problems", "Problems", frozenset((PROBLEMS,)), "works on the problems; ! shows them"),
        Scope("form", "Forms", frozenset((FORM,))),
        Scope("typing", "While a line is typed", frozenset((TYPING,))),
        Scope("invoices", "Invoice list", frozenset((INVOICES,)), "works in a list of invoices; go to one first"),
        Scope("sort", "After the sort key", frozenset((SORTING,))),
        Scope("invoice", "On an invoice", frozenset((INVOICES, DETAIL, PAGE)), "choose an invoice first"),
        Scope("detail", "Detail", frozenset((DETAIL,)), "works in an invoice's detail; enter opens it"),
        Scope("page", "PDF page", frozenset((PAGE,)), "works on a PDF's page; o shows it"),
        Scope("menu", "Menus", frozenset((MENU,))),
        Scope("question", "Questions", frozenset((QUESTION,))),
    )
}


class Action(NamedTuple):
    """Something a key does. `label` names it in a word or two, `help` in a sentence; `group` heads it in the help."""

    id: str
    keys: str
    label: str
    help: str
    in_footer: bool = False
    group: str = ""

    @property
    def scope(self) -> Scope:
        return SCOPES[self.id.partition(".")[0]]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]

    @property
    def method(self) -> str:
        """What a screen or widget calls it: `action_` and this."""
        return self.name.replace("-", "_")


CATALOGUE = (
    Action("app.help", "question_mark,f1", "help", "Show the keys that work here", True, "Program"),
    Action("app.command", "colon", "command", "Run a command by its name", True, "Program"),
    Action("app.palette", "ctrl+p", "palette", "Search the same commands in a list", False, "Program"),
    Action("app.cancel", "escape", "cancel", "Stop or close what is open, clear tags, clear the filter, else go back; "
           "never quits", False, "Program"),
    Action("app.back-or-quit", "q", "back", "Go back; on the accounts, quit", False, "Program"),
    Action("app.quit", "ctrl+q", "quit", "Quit at once", False, "Program"),
    Action("app.copy-or-quit", "ctrl+c", "copy or quit", "Copy the selected text; twice within two seconds, quit",
           False, "Program"),
    Action("app.suspend", "ctrl+z", "suspend", "Put the program into the background of the shell", False, "Program"),
    Action("app.redraw", "ctrl+l", "redraw", "Paint the whole screen again", False, "Program"),
    Action("app.pane-next", "tab", "next pane", "Move to the next pane", False, "Program"),
    Action("app.pane-previous", "shift+tab", "previous pane", "Move to the previous pane", False, "Program"),
    Action("app.jump", "apostrophe", "jump", "Put a letter on every row and tab in sight; it goes there", False,
           "Program"),
    Action("app.refresh", "r", "refresh", "Ask the vendor again for what is shown", True, "Loading"),
    Action("app.refresh-all", "R", "refresh all", "Ask every account's vendor again", False, "Loading"),
    Action("app.problems", "exclamation_mark", "problems", "Show which accounts failed, why, and what helps", False,
           "Loading"),
    Action("list.move-down", "j,down", "down", "Move down one row", False, "Moving"),
    Action("list.move-up", "k,up", "up", "Move up one row", False, "Moving"),
    Action("list.half-page-down", "ctrl+d", "half page down", "Move down half a page", False, "Moving"),
    Action("list.half-page-up", "ctrl+u", "half page up", "Move up half a page", False, "Moving"),
    Action("list.page-down", "pagedown,ctrl+f", "page down", "Move down a page", False, "Moving"),
    Action("list.page-up", "pageup,ctrl+b", "page up", "Move up a page", False, "Moving"),
    Action("list.first", "g,home", "first", "Move to the first row", False, "Moving"),
    Action("list.last", "G,end", "last", "Move to the last row loaded; pressed again, load all", False, "Moving"),
    Action("list.into", "enter,l,right", "open", "Open what the cursor is on", True, "Moving"),
    Action("list.back", "h,left,backspace", "back", "Go back to where you came from", False, "Moving"),
    Action("list.sideways-left", "H", "scroll left", "Show the columns further left", False, "Moving"),
    Action("list.sideways-right", "L", "scroll right", "Show the columns that had no room", False, "Moving"),
    Action("accounts.add", "A", "add", "Add an account", True, "Accounts"),
    Action("accounts.edit", "E", "edit", "Change the account", True, "Accounts"),
    Action("accounts.token", "T", "token", "Enter a new token for the account", True, "Accounts"),
    Action("accounts.verify", "V", "verify", "Ask the vendor now whether it takes the account's token", True,
           "Accounts"),
    Action("accounts.remove", "X", "remove", "Remove the account, after its label was typed", False, "Accounts"),
    Action("accounts.copy", "y", "copy", "Copy the selected text, else the account's id", False, "Accounts"),
    Action("accounts.unlock", "u", "unlock", "Run the account's token_command in the terminal, for its passphrase",
           False, "Accounts"),
    Action("problems.copy", "y", "copy", "Copy the selected text, else what is wrong and what helps", True, "Copying"),
    Action("form.accept", "enter", "next", "Go to the next field; on the last one, verify and save", False, "Forms"),
    Action("form.next", "tab,down", "next", "Go to the next field", False, "Forms"),
    Action("form.previous", "shift+tab,up", "previous", "Go to the field before", False, "Forms"),
    Action("form.choose-next", "right,space", "choose", "Choose the next word", False, "Forms"),
    Action("form.choose-previous", "left", "choose", "Choose the word before", False, "Forms"),
    Action("form.save", "ctrl+s", "save", "Verify and save", False, "Forms"),
    Action("typing.complete", "tab", "complete", "Complete the word; again, the next that fits", False, "Typing"),
    Action("typing.complete-back", "shift+tab", "complete back", "Complete with the one before", False, "Typing"),
    Action("typing.older", "up", "older", "Bring back the line typed before", False, "Typing"),
    Action("typing.newer", "down", "newer", "Bring back the line typed after it", False, "Typing"),
    Action("invoices.filter", "slash", "filter", "Show only the invoices that match a query", True, "Finding"),
    Action("invoices.sort", "s", "sort", "Choose by what to sort; a letter follows", True, "Finding"),
    Action("invoices.reverse", "S", "reverse", "Turn the order around", False, "Finding"),
    Action("invoices.undo", "u", "undo", "Bring back the filter and the order before the last change", False,
           "Finding"),
    Action("invoices.redo", "ctrl+y", "redo", "Bring back what undo took away", False, "Finding"),
    Action("invoices.preview", "p", "preview", "Show the invoice beside the list, or the list alone", False, "Layout"),
    Action("invoices.preview-side", "P", "preview side", "Put the preview to the right of the list, or below it", False,
           "Layout"),
    Action("invoices.tag", "space,t", "tag", "Tag the invoice, or take its tag away, and move down", True, "Tagging"),
    Action("invoices.tag-range", "v", "tag range", "Tag from here; pressed again, tag all invoices between", False,
           "Tagging"),
    Action("invoices.tag-all", "a", "tag all", "Tag every invoice the list shows", False, "Tagging"),
    Action("invoices.untag", "U", "untag", "Take all tags away", False, "Tagging"),
    Action("sort.date", "d", "date", "Sort by the day of issue", True, "Sorting"),
    Action("sort.due", "u", "due", "Sort by the day it is due", True, "Sorting"),
    Action("sort.number", "n", "number", "Sort by number", True, "Sorting"),
    Action("sort.vendor", "v", "vendor", "Sort by vendor", True, "Sorting"),
    Action("sort.total", "t", "total", "Sort by currency and total", True, "Sorting"),
    Action("sort.status", "s", "status", "Sort by status", True, "Sorting"),
    Action("sort.period", "p", "period", "Sort by the period billed", True, "Sorting"),
    Action("invoice.open", "o", "pdf", "Show the PDF in the best way there is here", True, "Documents"),
    Action("invoice.open-with", "O", "show with", "Choose how to show the PDF; each way says why it is taken or passed",
           False, "Documents"),
    Action("invoice.download", "d", "save", "Save the PDF, or those of the tagged invoices", True, "Documents"),
    Action("invoice.download-with", "D", "save as", "Choose folder, period and names, then save PDFs", False,
           "Documents"),
    Action("invoice.copy", "y", "copy", "Copy the selected text, else the invoice's number", False, "Copying"),
    Action("invoice.copy-menu", "Y", "copy menu", "Choose what to copy: number, amount, due date, link, saved file, "
           "scp line, JSON", False, "Copying"),
    Action("invoice.raw", "x", "raw", "Show the record as the vendor sent it", False, "Reading"),
    Action("detail.next-invoice", "J", "next invoice", "Show the next invoice of the list", True, "Reading"),
    Action("detail.previous-invoice", "K", "previous invoice", "Show the previous invoice of the list", True,
           "Reading"),
    Action("detail.next-tab", "right_square_bracket", "next tab", "Show the next tab", True, "Reading"),
    Action("detail.previous-tab", "left_square_bracket", "previous tab", "Show the previous tab", False, "Reading"),
    Action("page.line-down", "j,down", "down", "Scroll down a line", False, "Moving"),
    Action("page.line-up", "k,up", "up", "Scroll up a line", False, "Moving"),
    Action("page.half-down", "ctrl+d", "half down", "Scroll down half a screen", False, "Moving"),
    Action("page.half-up", "ctrl+u", "half up", "Scroll up half a screen", False, "Moving"),
    Action("page.screen-down", "ctrl+f,space", "screen down", "Scroll down a screen, at the end to the next page",
           False, "Moving"),
    Action("page.screen-up", "ctrl+b", "screen up", "Scroll up a screen, at the start to the previous page", False,
           "Moving"),
    Action("page.left", "H", "left", "Scroll left", False, "Moving"),
    Action("page.right", "L", "right", "Scroll right", False, "Moving"),
    Action("page.next", "pagedown", "next page", "Show the next page", True, "Pages"),
    Action("page.previous", "pageup", "previous page", "Show the previous page", False, "Pages"),
    Action("page.first", "g,home", "first page", "Show the first page", False, "Pages"),
    Action("page.last", "G,end", "last page", "Show the last page", False, "Pages"),
    Action("page.zoom-in", "plus", "larger", "Spread the page over more room", True, "Pages"),
    Action("page.zoom-out", "minus", "smaller", "Draw the page together", False, "Pages"),
    Action("page.fit", "equals_sign", "fit", "Fit the page to the width", False, "Pages"),
    Action("page.search", "slash", "search", "Search all pages", True, "Pages"),
    Action("page.next-match", "n", "next match", "Go to the next place found", False, "Pages"),
    Action("page.previous-match", "N", "previous match", "Go to the previous place found", False, "Pages"),
    Action("page.back", "h,left,backspace", "back", "Go back to where you came from", True, "Pages"),
    Action("menu.choose", "enter,l,right", "choose", "Choose what the cursor is on", True, "Choosing"),
    Action("menu.down", "j,down", "down", "Move down", False, "Choosing"),
    Action("menu.up", "k,up", "up", "Move up", False, "Choosing"),
    Action("menu.close", "q,h,left,backspace,escape", "close", "Close without choosing", True, "Choosing"),
    Action("question.yes", "y", "yes", "Answer yes", True, "Answering"),
    Action("question.no", "n,q,h,left,backspace,escape", "no", "Answer no", True, "Answering"),
)  # fmt: skip

BY_ID = {action.id: action for action in CATALOGUE}


def keymap(overrides: Mapping[str, str]) -> dict[str, str]:
    """Action id → keys under Textual's names, for `App.set_keymap`; what `problems` complains about is left out."""
    result = {}
    for action_id, written in overrides.items():
        keys, wrong = read_keys(written)
        if action_id in BY_ID and keys and not wrong:
            result[action_id] = ",".join(keys)
    return result


def problems(overrides: Mapping[str, str]) -> list[str]:
    """What is wrong with `[keys]`, a sentence each: unknown actions, keys no terminal sends, a key given twice."""
    found = []
    for action_id, written in overrides.items():
        if action_id not in BY_ID:
            from difflib import get_close_matches

            near = get_close_matches(action_id, BY_ID, 1, 0.5)
            found.append(f'there is no action "{action_id}"' + (f'; did you mean "{near[0]}"?' if near else ""))
            continue
        found += [f'"{action_id}": {wrong}' for wrong in read_keys(written)[1]]
    return found + list(_clashes(keymap(overrides)))


def keys_of(action: Action, overrides: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The keys of an action as Textual names them."""
    return tuple(keymap(overrides or {}).get(action.id, action.keys).split(","))


def table(overrides: Mapping[str, str] | None = None) -> str:
    """The keys as aligned text, under a title for each scope."""
    rows = [(scope, _written(action, overrides), action) for scope, action in _by_scope()]
    wide, id_wide = max(len(keys) for _, keys, _ in rows), max(len(action.id) for action in CATALOGUE)
    lines: list[str] = []
    for scope, keys, action in rows:
        if scope.title not in lines:
            lines += ([""] if lines else []) + [scope.title]
        lines.append(f"  {keys:<{wide}}  {action.id:<{id_wide}}  {action.help}")
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """The keys as the README's table."""
    lines = ["| where | keys | action | what it does |", "|---|---|---|---|"]
    for scope, action in _by_scope():
        keys = " ".join(f"`{shown(key)}`" for key in keys_of(action))
        lines.append(f"| {scope.title} | {keys} | `{action.id}` | {action.help} |")
    return "\n".join(lines) + "\n"


def _by_scope() -> Iterator[tuple[Scope, Action]]:
    for scope in SCOPES.values():
        yield from ((scope, action) for action in CATALOGUE if action.scope is scope)


def _written(action: Action, overrides: Mapping[str, str] | None) -> str:
    return " ".join(map(shown, keys_of(action, overrides)))


def _clashes(changed: Mapping[str, str]) -> Iterator[str]:
    """A key that two actions of one screen want. Textual would drop one of them without a word."""
    taken: dict[tuple[str, str], Action] = {}
    told = set()
    for action in CATALOGUE:
        for key in changed.get(action.id, action.keys).split(","):
            for screen in sorted(action.scope.screens):
                other = taken.setdefault((screen, key), action)
                if other is not action and (other.id, action.id, key) not in told:
                    told.add((other.id, action.id, key))
                    yield f'"{shown(key)}" is the key of both "{other.id}" and "{action.id}"'


def why_not(key: str, kind: str, overrides: Mapping[str, str] | None = None, nothing: str = "") -> str:
    """Why a key does nothing on a screen of this kind: what it is for, and where; "" for a key without a meaning.

    `nothing` is what the screen has to say of a key that is its own and has nothing to act on.
    """
    wanted = [action for action in CATALOGUE if key in keys_of(action, overrides)]
    if own := [action for action in wanted if kind in action.scope.screens]:
        return f"{shown(key)} {own[0].label}: {nothing or 'there is nothing here for it'}"
    return " · ".join(f"{shown(key)} {action.label}: {action.scope.where}" for action in wanted if action.scope.where)
