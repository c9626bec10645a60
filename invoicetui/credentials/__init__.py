"""Where an account's token comes from, in order: this session, the environment, the account's one source, asking.

There is no second source behind the configured one and no place where a token is kept readable. Nothing here freezes
a screen, draws on it, or repeats what an exception said.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from invoicetui.address import host_of
from invoicetui.credentials import command, found
from invoicetui.credentials.found import Found, State, as_token
from invoicetui.credentials.keyrings import BUS_SECONDS, Keyring, KeyringTrouble, SystemKeyring
from invoicetui.credentials.record import Record
from invoicetui.credentials.turns import Turns
from invoicetui.model import Account, Secret
from invoicetui.process import child_environment, harden_process

__all__ = [
    "Credentials",
    "Found",
    "Keyring",
    "KeyringTrouble",
    "State",
    "as_token",
    "child_environment",
    "harden_process",
]

_SESSION = "this session only — forgotten at exit"
# The command stops itself after its own time; this is for a system that cannot even stop it.
_COMMAND_BOUND = command.TIMEOUT + 3


class Credentials:
    """Every account's token. May be asked from several event loops; the keyring is used by one call at a time.

    `environ` is the environment to look in, `keyring` the system's unless another is passed in, `run` what runs a
    token_command, `run_in_terminal` what does so with the terminal handed over. `state_path` is the file that
    remembers for which hosts tokens were stored (paths.tokens_path); None remembers nothing. `may_prompt` says whether
    the keyring's own window would be seen, None: judged by `environ`. `timeout` is how many seconds a caller waits for
    the keyring.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        keyring: Keyring | None = None,
        run: Callable[[Sequence[str], Mapping[str, str]], Found] = command.run,
        run_in_terminal: Callable[[Sequence[str], Mapping[str, str]], Found] = command.run_in_terminal,
        state_path: Path | None = None,
        may_prompt: bool | None = None,
        timeout: float = 5.0,
    ) -> None:
        self._environ = environ
        self._keyring = keyring or SystemKeyring()
        self._run, self._run_in_terminal = run, run_in_terminal
        self._record = Record(state_path)
        self._may_prompt = _has_desktop(environ) if may_prompt is None else may_prompt
        self._timeout = timeout
        self._turns = Turns(timeout, "invoicetui-keyring")
        self._session: dict[tuple[str, str], Secret] = {}
        self._is_prompting = False

    async def find(self, account: Account) -> Found:
        """The account's token, or why there is none. Never raises; waits for at most the time-outs."""
        if secret := self._session.get(_key(account)):
            return Found(State.OK, secret, _SESSION)
        source = f"environment {account.env_name}"
        if (raw := self._environ.get(account.env_name)) is not None:
            if secret := as_token(raw):
                return Found(State.OK, secret, source)
            return found.bad_token(source, f"what {account.env_name} holds", "correct it and start again")
        if account.token == "env":
            return found.not_set(account.env_name)
        if account.token == "ask":
            return found.asked()
        if account.token == "command":
            return await self._from_command(account)
        return await self._in_turn(lambda: self._guarded(account, lambda: self._get(account)))

    def unlock(self, account: Account) -> Found:
        """Run the account's token_command with the terminal handed over, so that it can ask for a passphrase.

        Blocks for as long as the person takes; only while the browser is suspended.
        """
        return self._run_in_terminal(account.token_command, self._environ)

    def use_for_session(self, account: Account, secret: Secret) -> None:
        """Use this token until the program ends, for this account at its present address."""
        self._session[_key(account)] = secret

    def forget_session(self, account: Account) -> None:
        self._session.pop(_key(account), None)

    async def store(self, account: Account, secret: Secret) -> Found:
        """Put the token into the keyring and read it back; the sentence says so when nothing was stored.

        After a time-out it does not: the keyring may still take the token, when somebody has unlocked it.
        """
        if account.token != "keyring":
            detail = "{label} takes its token from another source: " + self.describe(account)
            return found.failed("keyring", detail, 'set token = "keyring" to keep it in the keyring').not_stored()
        if as_token(secret.reveal()) != secret:
            return found.bad_token("entered", "what was entered", "enter it again").not_stored()
        answer = await self._in_turn(lambda: _or_not_stored(self._guarded(account, lambda: self._set(account, secret))))
        if answer.state is State.OK:
            self.forget_session(account)
        return answer

    async def delete(self, account: Account) -> Found:
        """Forget the account's token: this session's, and the keyring's for every address it was stored for.

        MISSING means that the keyring held none; for the caller that is as good as OK.
        """
        self.forget_session(account)
        if account.token != "keyring" and not self._record.hosts(account.id):
            return Found(State.MISSING, None, self.describe(account), "the keyring holds no token for {label}")
        return await self._in_turn(lambda: self._guarded(account, lambda: self._delete(account)))

    async def answered(self) -> None:
        """Wait until the keyring has done with an earlier call: after a time-out, somebody may be typing into its
        window. Then it is worth asking `find` again."""
        await self._turns.free()

    async def keyring_state(self) -> Found:
        """Whether the keyring works and is unlocked, without opening its window: OK, LOCKED, NO_BACKEND, UNSAFE,
        TIMEOUT or FAILED."""

        def look() -> Found:
            try:
                is_locked = self._keyring.is_locked()
            except KeyringTrouble as trouble:
                return self._explained("INVOICETUI_TOKEN_<ID>", trouble)
            except BaseException:
                return found.failed(self._source(), "the keyring failed", "restart it")
            return found.locked(self._source(), may_prompt=True) if is_locked else Found(State.OK, None, self._source())

        return await self._in_turn(look)

    def describe(self, account: Account) -> str:
        """Where the token comes from, without fetching it."""
        if _key(account) in self._session:
            return _SESSION
        if account.token == "env" or account.env_name in self._environ:
            return f"environment {account.env_name}"
        if account.token == "ask":
            return "asked for each time"
        return command.source_of(account.token_command) if account.token == "command" else self._source()

    async def _from_command(self, account: Account) -> Found:
        argv = account.token_command
        # A thread of its own each: one account's slow command does not delay another's.
        turns = Turns(_COMMAND_BOUND, "invoicetui-command")
        try:
            return await turns.take(lambda: self._run(argv, self._environ))
        except TimeoutError:
            return found.command_timeout(command.source_of(argv), _COMMAND_BOUND)

    async def _in_turn(self, work: Callable[[], Found]) -> Found:
        try:
            return await self._turns.take(work)
        except TimeoutError:
            if self._is_prompting:
                return found.waiting(self._source())
            return found.keyring_timeout(self._source(), self._timeout)

    # From here on everything runs on the keyring's thread.

    def _guarded(self, account: Account, operation: Callable[[], Found]) -> Found:
        try:
            if self._keyring.is_locked():
                if not self._may_prompt:
                    return found.locked(self._source(), may_prompt=False)
                self._is_prompting = True
            return operation()
        except KeyringTrouble as trouble:
            return self._explained(account.env_name, trouble)
        except BaseException:
            # Backends raise what they like (Windows: pywintypes.error), and its text may hold anything.
            remedy = "press r to try again, or press T to use a token for this session"
            if "macOS" in self._keyring.name:
                remedy = "over SSH, unlock it first: security unlock-keychain"
            return found.failed(self._source(), "the keyring failed", remedy)
        finally:
            self._is_prompting = False

    def _explained(self, env_name: str, trouble: KeyringTrouble) -> Found:
        match trouble.state:
            case State.NO_BACKEND:
                return found.no_backend(env_name, trouble.why)
            case State.UNSAFE:
                return found.unsafe(trouble.why)
            case State.LOCKED:
                return found.locked(self._source(), may_prompt=self._may_prompt)
            case State.MISSING:
                return found.missing(self._source())
            case State.TIMEOUT:
                return found.keyring_timeout(self._source(), BUS_SECONDS, is_pending=False)
            case _:
                return found.failed(self._source(), "the keyring failed", "press r to try again")

    def _get(self, account: Account) -> Found:
        service, host = _service(account), host_of(account.base_url)
        stored = self._keyring.get(service, account.id)
        if secret := as_token(stored):
            return Found(State.OK, secret, self._source())
        if stored:
            return found.bad_token(self._source(), "what the keyring holds for {label}", "{set} to enter it again")
        known = self._record.hosts(account.id)
        if known and host not in known:
            return found.moved(self._source(), known[-1], host)
        return found.missing(self._source())

    def _set(self, account: Account, secret: Secret) -> Found:
        most, length = self._keyring.max_length, len(secret.reveal())
        if most is not None and length > most:
            return found.too_long(self._source(), length, most)
        self._keyring.set(_service(account), account.id, secret.reveal())
        # A locked collection can fail silently, and on macOS setting is deleting and adding.
        if self._keyring.get(_service(account), account.id) != secret.reveal():
            detail = "the keyring did not give back what was stored"
            return found.failed(self._source(), detail, "press T to use a token for this session")
        self._record.add(account.id, host_of(account.base_url))
        return Found(State.OK, secret, self._source())

    def _delete(self, account: Account) -> Found:
        hosts = {host_of(account.base_url), *self._record.hosts(account.id)}
        answer = found.missing(self._source())
        for host in sorted(hosts):
            try:
                self._keyring.delete(_service(account, host), account.id)
            except KeyringTrouble as trouble:
                if trouble.state is not State.MISSING:
                    raise
            else:
                answer = Found(State.OK, None, self._source())
        self._record.remove(account.id)
        return answer

    def _source(self) -> str:
        return f"keyring ({self._keyring.name})" if self._keyring.name else "keyring"


def _or_not_stored(answer: Found) -> Found:
    return answer if answer.state is State.OK else answer.not_stored()


def _service(account: Account, host: str = "") -> str:
    """The host is part of the name: a changed base_url finds no token instead of sending the old one elsewhere.

    One service for each account, for keyring's Windows backend moves entries about when two share one.
    """
    return f"invoicetui:{account.id}@{host or host_of(account.base_url)}"


def _key(account: Account) -> tuple[str, str]:
    return account.id, host_of(account.base_url)


def _has_desktop(environ: Mapping[str, str]) -> bool:
    """Over SSH the session bus is often the desktop's, and the window would open on a screen in another room."""
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return False
    return not sys.platform.startswith("linux") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
