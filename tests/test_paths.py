"""Where files live."""

from __future__ import annotations

from pathlib import Path

from invoicetui import paths

HOME = {"HOME": "/home/ada"}


def test_the_config_is_looked_for_in_order() -> None:
    environ = {**HOME, "INVOICETUI_CONFIG": "~/other.toml", "XDG_CONFIG_HOME": "/xdg"}
    assert paths.config_path("/given.toml", environ, "linux") == Path("/given.toml")
    assert paths.config_path("here.toml", environ, "linux") == Path.cwd() / "here.toml"
    assert paths.config_path(None, environ, "linux") == Path("/home/ada/other.toml")
    del environ["INVOICETUI_CONFIG"]
    assert paths.config_path(None, environ, "linux") == Path("/xdg/invoicetui/config.toml")
    for platform in ("linux", "darwin"):
        assert paths.config_path(None, HOME, platform) == Path("/home/ada/.config/invoicetui/config.toml")
    assert paths.config_path(None, {"APPDATA": "/roam"}, "win32") == Path("/roam/invoicetui/config.toml")


def test_a_relative_xdg_folder_is_ignored() -> None:
    environ = {**HOME, "XDG_CONFIG_HOME": "x", "XDG_CACHE_HOME": ""}
    assert paths.config_path(None, environ, "linux") == Path("/home/ada/.config/invoicetui/config.toml")
    assert paths.cache_folder(environ, "linux") == Path("/home/ada/.cache/invoicetui")


def test_cache_and_data() -> None:
    xdg = {**HOME, "XDG_CACHE_HOME": "/c", "XDG_DATA_HOME": "/d"}
    assert paths.ledger_path(xdg, "linux") == Path("/c/invoicetui/ledger.sqlite")
    assert paths.tokens_path(xdg, "linux") == Path("/d/invoicetui/tokens.json")
    assert paths.data_folder(HOME, "linux") == Path("/home/ada/.local/share/invoicetui")
    assert paths.cache_folder(HOME, "darwin") == Path("/home/ada/Library/Caches/invoicetui")
    assert paths.data_folder(HOME, "darwin") == Path("/home/ada/Library/Application Support/invoicetui")
    assert paths.cache_folder({"LOCALAPPDATA": "/l"}, "win32") == Path("/l/invoicetui/Cache")
    assert paths.data_folder({"USERPROFILE": "/u"}, "win32") == Path("/u/AppData/Local/invoicetui")


def test_documents_are_kept_below_the_users_own_folder() -> None:
    assert paths.documents_folder().name == "invoices"
    assert paths.documents_folder().is_absolute()
