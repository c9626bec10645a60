"""What the command line takes: one catalogue, from which the help is printed and the arguments are read.

Printing the help of a command must not take longer than starting Python, so this imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Argument:
    """An option, by its `names`, or else a word, by its `metavar`. `help` "" says nothing, None hides it.

    `kind` is value (one word), flag, list (an option that may be given again), optional (a word that may lack), words
    (any number of them), rest (all that follows) or count (a number of 1 or more). `one_of` names options of which only
    one may be given. `is_secret`: what is given may be a token by mistake, so that it is never repeated.
    """

    def __init__(
        self,
        name: str,
        metavar: str = "",
        help: str | None = "",
        *,
        short: str = "",
        kind: str = "value",
        choices: tuple[str, ...] = (),
        default: object = None,
        one_of: str = "",
        wrong: str = "",
    ) -> None:
        self.name, self.metavar, self.help, self.short = name, metavar, help, short
        self.kind, self.choices, self.default, self.one_of = kind, choices, default, one_of
        #: What is said about a value that is none of `choices`; "" names them.
        self.wrong = wrong

    @property
    def is_option(self) -> bool:
        return self.name.startswith("-")

    @property
    def value(self) -> str:
        """What stands for the value in the help."""
        if self.kind == "flag":
            return ""
        if self.kind == "rest":
            return "..."
        return self.metavar or f"{{{','.join(self.choices)}}}"


class Command:
    """A command, or a group of commands (`parts`). `module` and `function` of this package run it."""

    def __init__(
        self,
        name: str,
        help: str,
        *arguments: Argument,
        module: str = "",
        function: str = "run",
        description: str = "",
        parts: tuple[Command, ...] = (),
        metavar: str = "",
        is_common: bool = True,
    ) -> None:
        self.name, self.help, self.arguments, self.description = name, help, arguments, description
        self.module, self.function = module, function
        self.parts, self.metavar = parts, metavar
        #: It takes the options for every command.
        self.is_common = is_common

    def part(self, name: str) -> Command | None:
        return next((part for part in self.parts if part.name == name), None)

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
        """This command and all below it, each with the words that lead to it."""
        yield path, self
        for part in self.parts:
            yield from part.walk((*path, part.name))


COMMON = (
    Argument("--config", "PATH", "the config file"),
    Argument("--demo", help="use the embedded demo vendors, nothing else", kind="flag"),
    Argument("--offline", help="ask no vendor, show what is known", kind="flag"),
    Argument("--no-cache", help="keep nothing on disk and read nothing from it", kind="flag"),
    Argument("--no-mouse", help="leave the mouse to the terminal", kind="flag"),
    Argument("--theme", "T", "colour theme of the browser"),
)

_PDF = (
    "Get an invoice's PDF and save it in the documents folder, named by document_name; the path is printed. Documents "
    "come from the account's own host, from its document_hosts and from --allow-host; on a terminal, others are asked "
    "about. Exit status: 0 got it, 1 not, 2 usage or config."
)
_ADD = (
    "Add an account to the config. On a terminal, whatever is missing is asked for. The token is never an argument: "
    "it is asked for afterwards, or set with `invoicetui token set ID`."
)
_CHECK = (
    "Find each account's token and ask its vendor for the first page; a line each. --offline only finds the tokens. "
    "Exit status: 0 all answered, 1 none, 2 usage or config, 3 some."
)
_SET = (
    "Ask for a token without showing it (or read it with --stdin), let the vendor judge it, and keep it in this "
    "machine's keyring. A token that the vendor refuses is not stored."
)
_DOCTOR = (
    "Check terminal, config, ledger, keyring, proxy, certificates and every account; --offline asks no vendor. Each "
    "line begins with ok, warn or fail. Exit status: 0 nothing failed, 1 something did."
)
_LIST = (
    "Print invoices, newest first. Each account is asked for its first page; --limit N fetches until N are certain, "
    "--all fetches everything, --offline nothing. A term with a minus (-status:paid) stands behind --. Exit status: 0 "
    "all answered, 1 nothing could be got, 2 usage or config, 3 some accounts failed and the rest was printed."
)
_NO_TOKEN = "must be keyring, command, env or ask; the token itself is never an argument"

ROOT = Command(
    "invoicetui",
    "",
    Argument("--version", help="show program's version number and exit", kind="version"),
    module="browser",
    description="Every invoice your company receives, from every vendor's billing API, in one terminal.",
    metavar="COMMAND",
    parts=(
        Command(
            "list",
            "print invoices",
            Argument("query", "QUERY", "words, status:, account:, vendor:, …", kind="words"),
            Argument("--account", "ID", "only this account (repeatable)", kind="list"),
            Argument("--all", help="fetch every page", kind="flag", one_of="amount"),
            Argument("--limit", "N", "the newest N, fetching what that takes", kind="count", one_of="amount"),
            Argument("--format", choices=("table", "json", "ndjson", "csv"), default="table"),
            module="listing",
            description=_LIST,
        ),
        Command(
            "show",
            "print one invoice whole",
            Argument("account", "ACCOUNT"),
            Argument("key", "KEY"),
            Argument("--format", choices=("text", "json"), default="text"),
            module="showing",
        ),
        Command(
            "pdf",
            "save or print an invoice's PDF",
            Argument("account", "ACCOUNT"),
            Argument("key", "KEY"),
            Argument("--output", "PATH", "write it there, - for stdout; nothing is overwritten", short="-o"),
            Argument("--text", help="print its text, each piece at its place", kind="flag"),
            Argument("--allow-host", "HOST", "take it from this host, too (repeatable)", kind="list"),
            module="pdf",
            description=_PDF,
        ),
        Command(
            "cache",
            "what can be fetched again",
            metavar="ACTION",
            is_common=False,
            parts=(
                Command("clear", "delete the ledger and the cached documents", module="cache", function="run_clear"),
            ),
        ),
        Command(
            "account",
            "the accounts of the config",
            metavar="ACTION",
            parts=(
                Command(
                    "add",
                    "add one; asks for what is missing",
                    Argument("id", "ID", "lower-case letters, digits, dashes; never changes", kind="optional"),
                    Argument("--vendor", "V"),
                    Argument("--label", "L", "how it is shown"),
                    Argument("--base-url", "U", "the https:// address of its API, if the vendor has not only one"),
                    Argument("--option", "NAME=VALUE", "an option of the vendor", kind="list"),
                    Argument(
                        "--side",
                        help="whether you owe its invoices or are owed them",
                        choices=("received", "issued"),
                    ),
                    Argument(
                        "--token",
                        "SOURCE",
                        "keyring (default), command, env or ask",
                        choices=("keyring", "command", "env", "ask"),
                        wrong=_NO_TOKEN,
                    ),
                    Argument("--token-command", "WORD", "the program and its arguments; comes last", kind="rest"),
                    module="accounts",
                    function="run_add",
                    description=_ADD,
                ),
                Command(
                    "list",
                    "print them; nothing is fetched",
                    Argument("--format", choices=("table", "json"), default="table"),
                    module="accounts",
                    function="run_list",
                ),
                Command(
                    "edit",
                    "change keys of one",
                    Argument("account", "ID"),
                    Argument("--set", "KEY=VALUE", "as in the config (repeatable)", kind="list"),
                    Argument("--unset", "KEY", "take a key out (repeatable)", kind="list"),
                    module="accounts",
                    function="run_edit",
                ),
                Command(
                    "remove",
                    "take one out, with its token",
                    Argument("account", "ID"),
                    Argument("--yes", help="do not ask", kind="flag"),
                    Argument("--keep-token", help="leave its token in the keyring", kind="flag"),
                    module="accounts",
                    function="run_remove",
                ),
                Command(
                    "check",
                    "see whether they answer",
                    Argument("accounts", "ID", kind="words"),
                    module="accounts",
                    function="run_check",
                    description=_CHECK,
                ),
            ),
        ),
        Command(
            "token",
            "the tokens in the keyring",
            metavar="ACTION",
            parts=(
                Command(
                    "set",
                    "verify one and keep it",
                    Argument("account", "ACCOUNT"),
                    Argument("surplus", help=None, kind="words"),
                    Argument("--stdin", help="read the first line of stdin instead of asking", kind="flag"),
                    Argument("--no-verify", help="do not ask the vendor first", kind="flag"),
                    module="tokens",
                    function="run_set",
                    description=_SET,
                ),
                Command(
                    "status",
                    "say whether there is one, and where it comes from",
                    Argument("accounts", "ACCOUNT", kind="words"),
                    module="tokens",
                    function="run_status",
                ),
                Command(
                    "delete",
                    "take one out of the keyring",
                    Argument("account", "ACCOUNT"),
                    module="tokens",
                    function="run_delete",
                ),
            ),
        ),
        Command("doctor", "say what is well and what is not", module="doctor", description=_DOCTOR),
        Command(
            "help",
            "read the manual, a topic at a time",
            Argument("topic", "TOPIC", "without one the topics are listed", kind="optional"),
            module="helping",
        ),
        Command("keys", "print the keys of the browser", module="printing", function="run_keys"),
        Command("paths", "print where files live", module="printing", function="run_paths"),
    ),
)
EPILOG = "Without a command the browser starts. Try it on the demo: invoicetui --demo"


def found(words: list[str]) -> tuple[tuple[str, ...], Command] | None:
    """The command that words name, all of them; None when they are anything else."""
    command = ROOT
    for word in words:
        part = command.part(word)
        if part is None:
            return None
        command = part
    return tuple(words), command


def plain(words: list[str]) -> dict[str, object] | None:
    """The values of options for every command, written out; None when there is anything else among the words."""
    values = unset(COMMON)
    options = {option.name: option for option in COMMON}
    left = iter(words)
    for word in left:
        option = options.get(word)
        if option is None:
            return None
        if option.kind == "flag":
            values[key_of(option)] = True
        else:
            value = next(left, "-")
            if value.startswith("-"):
                return None
            values[key_of(option)] = value
    return values


def key_of(argument: Argument) -> str:
    """The name under which a command finds what was given."""
    return argument.name.lstrip("-").replace("-", "_")


def unset(arguments: tuple[Argument, ...]) -> dict[str, object]:
    """What a command finds where nothing was given."""
    empty: dict[str, Callable[[], object]] = {"flag": bool, "list": list, "words": list}
    return {key_of(one): empty[one.kind]() if one.kind in empty else one.default for one in arguments}
