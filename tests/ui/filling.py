"""Filling in forms: as a person does, or faster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from textual.events import Paste
from textual.widgets import Input

from invoicetui.ui.fields import Choice, Field
from tests.servers.fake import Fake
from tests.servers.serving import Server
from tests.ui.browsing import Browser


def written(path: Path) -> str:
    """A file's text; "" when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write_config(path: Path, *lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)


def where(browser: Browser) -> Field:
    """The field that has the focus."""
    focused = browser.app.focused
    assert focused is not None
    return focused.query_ancestor(Field)


def field_of(browser: Browser, name: str) -> Field:
    return next(field for field in browser.app.screen.query(Field) if field.name == name)


def value(browser: Browser, name: str) -> str:
    """What stands in a field."""
    return field_of(browser, name).value


def note(browser: Browser, name: str) -> str:
    """The line below a field."""
    return str(field_of(browser, name).query_one(".note").render())


async def go_to(browser: Browser, name: str) -> None:
    """Move to a field as a person does, with the arrows."""
    fields = [field.name for field in browser.app.screen.query(Field)]
    for _ in range(len(fields)):
        here = where(browser).name
        if here == name:
            return
        await browser.press("down" if fields.index(here) < fields.index(name) else "up")
    raise AssertionError(f"{name} cannot be reached; the screen:\n{browser.text}")


async def type_in(browser: Browser, values: Mapping[str, str]) -> None:
    """Type or choose the value of each field with keys and nothing else; what stood there is replaced."""
    for name, value in values.items():
        await go_to(browser, name)
        control = where(browser).control
        if isinstance(control, Choice):
            while control.value != value:
                await browser.press("right")
        else:
            await browser.press("end", "ctrl+u")
            browser.app.post_message(Paste(value))
    await browser.pilot.pause()


async def enter(browser: Browser, values: Mapping[str, str]) -> None:
    """The same without the keys, each of which takes a test 50 ms; the last field has the focus."""
    for name, value in values.items():
        field = field_of(browser, name)
        field.control.focus()
        if isinstance(field.control, Choice):
            field.control.choose(value)
            await browser.pilot.pause()
        else:
            assert isinstance(field.control, Input)
            field.control.value = ""
            field.control.post_message(Paste(value))
    await browser.pilot.pause()


def account_of(fake: Fake, server: Server, label: str = "Acme voice") -> dict[str, str]:
    """What to enter for a fake vendor, the token last."""
    return {
        "vendor": fake.vendor,
        "label": label,
        "base_url": server.url,
        **fake.options(),
        "secret": fake.token,
    }


async def says(browser: Browser, *sentences: str) -> None:
    """Wait until every sentence is on the screen, wherever its lines break."""
    await browser.until(lambda: all(sentence in " ".join(browser.text.split()) for sentence in sentences))
