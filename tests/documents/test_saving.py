"""Under a name: whole or not at all, and never over or through what is there."""

from __future__ import annotations

import errno
import os
import stat
from datetime import date
from pathlib import Path

import pytest

from invoicetui.documents.cache import Cache, clear
from invoicetui.documents.naming import relative_path, slug
from invoicetui.documents.saving import Folder, save
from invoicetui.errors import ConfigError, DiskFull, NotSaved
from invoicetui.model import Lifecycle
from invoicetui.money import Money
from tests.documents.desk import account, invoice

DEFAULT = "{vendor}/{year}/{issued}_{vendor}_{number}"
FULL = OSError(errno.ENOSPC, "No space left on device")


def name(pattern: str = DEFAULT, **values: object) -> str:
    return str(relative_path(pattern, invoice(None, **values), account()))


class TestNames:
    def test_the_usual_pattern(self) -> None:
        assert name() == "versori/2026/2026-03-31_versori_INV-7.pdf"

    def test_every_field(self) -> None:
        pattern = "{account}-{label}-{month}-{key}-{total}-{currency}-{customer}"
        found = name(pattern, total=Money(-1205, "EUR", 2), currency="EUR", customer="Müller & Söhne")
        assert found == "acme-Acme-03-7-minus12.05-EUR-Muller_Sohne.pdf"

    def test_what_is_not_known(self) -> None:
        found = name("{year}/{issued} {total} {currency} {customer} {number}", issued=None, number=None)
        assert found == "undated/undated unknown unknown unknown 7.pdf"

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            ("../../.bashrc", "bashrc"),
            ("..", "x"),
            ("/etc/passwd", "etc_passwd"),
            ("CON", "x_CON"),
            ("nul.txt", "x_nul.txt"),
            ("LPT1", "x_LPT1"),
            ("a\x00b\nc", "ab_c"),
            ("-rf", "rf"),
            ("R\u202e2026", "R2026"),
            ("C:\\x|y*?", "C_x_y"),
            ("x" * 500, "x" * 60),
            (".", "x"),
            ("a...b", "a.b"),
            ("2026 . ", "2026"),
        ],
    )
    def test_hostile_numbers(self, number: str, expected: str) -> None:
        found = name("{number}", number=number).removesuffix(".pdf")
        assert found == expected or (expected == "x" and found.startswith("x") and len(found) == 9)

    def test_names_without_an_ascii_letter_stay_apart(self) -> None:
        assert slug("株式会社") != slug("有限会社")
        assert slug("株式会社").isascii()

    def test_the_patterns_own_words_stay_and_are_made_safe(self) -> None:
        assert name("Rechnungen März/{number}") == "Rechnungen März/INV-7.pdf"
        assert name("a:b*/con/{number}. ") == "a_b_/x_con/INV-7.pdf"
        assert len(name("ü" * 300).encode()) <= 160

    def test_an_unknown_field_names_the_known_ones(self) -> None:
        with pytest.raises(ConfigError, match=r"\{nummer\}; fields: vendor"):
            name("{nummer}")


class TestSaving:
    def test_private_in_a_private_folder(self, tmp_path: Path) -> None:
        old = os.umask(0)
        try:
            saved = Folder(tmp_path / "docs", DEFAULT).save(invoice(), account(), b"%PDF-1")
        finally:
            os.umask(old)
        assert saved.path == tmp_path / "docs/versori/2026/2026-03-31_versori_INV-7.pdf"
        assert saved.is_new
        assert saved.path.read_bytes() == b"%PDF-1"
        assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
        for folder in list(saved.path.relative_to(tmp_path).parents)[:-1]:
            assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
        assert [path.name for path in saved.path.parent.iterdir()] == [saved.path.name]

    def test_the_same_content_is_not_written_twice_and_another_gets_a_number(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path, "{number}")
        saved = [folder.save(invoice(), account(), content) for content in (b"one", b"two", b"one", b"two", b"three")]
        assert [(one.path.name, one.is_new) for one in saved] == [
            ("INV-7.pdf", True),
            ("INV-7 (2).pdf", True),
            ("INV-7.pdf", False),
            ("INV-7 (2).pdf", False),
            ("INV-7 (3).pdf", True),
        ]
        assert (tmp_path / "INV-7.pdf").read_bytes() == b"one"

    @pytest.mark.parametrize("is_dangling", [True, False])
    def test_a_planted_link_is_neither_followed_nor_replaced(self, tmp_path: Path, is_dangling: bool) -> None:
        target = tmp_path / "elsewhere"
        if not is_dangling:
            target.write_bytes(b"precious")
        link = tmp_path / "INV-7.pdf"
        link.symlink_to(target)
        saved = Folder(tmp_path, "{number}").save(invoice(), account(), b"precious")
        assert saved.path.name == "INV-7 (2).pdf"
        assert link.is_symlink()
        assert target.exists() != is_dangling

    @pytest.mark.parametrize("is_link", [True, False])
    def test_a_name_that_is_taken_meanwhile_is_not_taken_back(self, tmp_path: Path, is_link: bool) -> None:
        taken = tmp_path / "INV-7.pdf"

        def plant(handle: int) -> None:
            taken.symlink_to(tmp_path / "nowhere") if is_link else taken.write_bytes(b"theirs")

        saved = Folder(tmp_path, "{number}", sync=plant).save(invoice(), account(), b"ours")
        assert (saved.path.name, saved.path.read_bytes()) == ("INV-7 (2).pdf", b"ours")
        assert taken.is_symlink() if is_link else taken.read_bytes() == b"theirs"
        assert not (tmp_path / "nowhere").exists()

    def test_a_linked_folder_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/versori").symlink_to(tmp_path / "outside")
        with pytest.raises(NotSaved, match="symbolic link"):
            Folder(tmp_path / "docs", DEFAULT).save(invoice(), account(), b"x")
        assert list((tmp_path / "outside").iterdir()) == []

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path) -> None:
        def full(handle: int) -> None:
            raise FULL

        with pytest.raises(DiskFull, match="the disk is full; make room"):
            Folder(tmp_path, "{number}", sync=full).save(invoice(), account(), b"x" * 1000)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(NotSaved):
            Folder(tmp_path / "file/docs", DEFAULT).save(invoice(), account(), b"x")

    def test_a_named_file_is_never_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "out.pdf"
        assert save(path, b"one", is_numbered=False).is_new
        assert not save(path, b"one", is_numbered=False).is_new
        with pytest.raises(NotSaved, match="nothing is overwritten"):
            save(path, b"two", is_numbered=False)
        path.unlink()
        path.symlink_to(tmp_path / "nowhere")
        with pytest.raises(NotSaved):
            save(path, b"two", is_numbered=False)
        with pytest.raises(NotSaved):
            save(tmp_path / "no such folder" / "out.pdf", b"two", is_numbered=False)
        assert [one.name for one in tmp_path.iterdir()] == ["out.pdf"]


class TestCache:
    def test_what_was_put_is_got_for_the_same_invoice_only(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path / "documents")
        cache.put(invoice(), account(), b"%PDF-1")
        assert cache.get(invoice(), account()) == b"%PDF-1"
        assert cache.get(invoice(key="8"), account()) is None
        assert cache.get(invoice(), account(base_url="http://127.0.0.1:10")) is None
        # A draft that was issued has another PDF.
        assert cache.get(invoice(lifecycle=Lifecycle.ISSUED), account()) is None
        assert stat.S_IMODE((tmp_path / "documents").stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "documents").rglob("*.pdf")} == {0o600}

    def test_a_damaged_file_is_none(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path)
        cache.put(invoice(), account(), b"%PDF-1")
        next(tmp_path.glob("*.pdf")).write_bytes(b"%PDF-2")
        assert cache.get(invoice(), account()) is None

    def test_a_cache_that_cannot_be_written_is_no_trouble(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        cache = Cache(tmp_path / "file")
        cache.put(invoice(), account(), b"%PDF-1")
        assert cache.get(invoice(), account()) is None

    def test_clear(self, tmp_path: Path) -> None:
        folder = tmp_path / "documents"
        cache = Cache(folder)
        for key in "abc":
            cache.put(invoice(key=key), account(), key.encode())
        assert clear(folder) == 3
        assert not folder.exists()
        assert clear(folder) == 0

    def test_clear_does_not_follow_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "precious").mkdir()
        (tmp_path / "documents").symlink_to(tmp_path / "precious")
        with pytest.raises(NotSaved):
            clear(tmp_path / "documents")
        assert (tmp_path / "precious").is_dir()


def test_the_date_of_the_default_invoice_is_what_names_show() -> None:
    assert invoice().issued == date(2026, 3, 31)
