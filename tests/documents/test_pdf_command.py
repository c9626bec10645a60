"""`invoicetui pdf` and `cache clear`, as a process of their own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from invoicetui.documents.pdfium import verify
from tests.commands import Ran, run
from tests.conftest import ConfigFor, Configured, Serve
from tests.servers.meteroid import FakeMeteroid
from tests.servers.pdf import FakeFiles
from tests.servers.serving import Server
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind


def binary(*words: str, configured: Configured | None = None, shell: str = "") -> tuple[bytes, str, int]:
    import os

    env = {**os.environ, **(configured.env if configured else {})}
    if configured:
        env["INVOICETUI_CONFIG"] = str(configured.path)
    command = [sys.executable, "-m", "invoicetui", *words]
    if shell:
        command = ["bash", "-c", f'{shell}; exec "$@"', "bash", *command]
    ran = subprocess.run(command, env=env, capture_output=True, timeout=50, check=False)
    return ran.stdout, ran.stderr.decode(), ran.returncode


def test_a_file_ref_that_matches_is_saved_under_our_name(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    fake = FakeVoxmind(count=3)
    running = serve(fake)
    configured = config_for({"voice": running})
    key = str(fake.truths[0].id)
    ran = run("pdf", "voice", key, configured=configured)
    assert ran.status == 0, ran.err
    path = Path(ran.out.strip())
    assert path.is_relative_to(private_environment)
    assert path.name.startswith(fake.truths[0].created.date().isoformat())
    assert path.read_bytes() == fake.truths[0].pdf
    assert "matches file_ref" in ran.err
    files = [one for one in running.server.asked if "/files/" in one.path]
    assert [one.authorization for one in files] == ["expected"]
    # Again: from the cache, and not written twice.
    again = run("pdf", "voice", key, configured=configured)
    assert again.out == ran.out
    assert "already" in again.err
    assert len([one for one in running.server.asked if "/files/" in one.path]) == 1
    offline = run("pdf", "voice", key, "--offline", "--text", configured=configured)
    assert "Voxmind invoice" in offline.out


def test_stdout_gets_the_servers_bytes_and_nothing_else(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeVoxmind(count=2)
    configured = config_for({"voice": serve(fake)})
    out, err, status = binary("pdf", "voice", str(fake.truths[1].id), "-o", "-", configured=configured)
    assert (out, status) == (fake.truths[1].pdf, 0), err


def test_a_named_file_is_not_overwritten(serve: Serve, config_for: ConfigFor, tmp_path: Path) -> None:
    fake = FakeVoxmind(count=2)
    configured = config_for({"voice": serve(fake)})
    words = ("pdf", "voice", str(fake.truths[0].id), "--no-cache", "-o")
    path = tmp_path / "mine.pdf"
    assert run(*words, str(path), configured=configured).status == 0
    assert run(*words, str(path), configured=configured).status == 0
    path.write_bytes(b"mine")
    ran = run(*words, str(path), configured=configured)
    assert (ran.status, path.read_bytes()) == (1, b"mine")
    assert "nothing is overwritten" in ran.err


def test_not_yet(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(count=5, pdf_after=1)
    configured = config_for({"billing": serve(fake)})
    key = next(truth.id for truth in fake.truths if truth.status != "DRAFT")
    ran = run("pdf", "billing", key, "--no-cache", configured=configured)
    assert (ran.status, ran.out) == (1, "")
    assert "has not made this PDF yet; try again" in ran.err
    assert run("pdf", "billing", key, "--no-cache", configured=configured).status == 0


@pytest.fixture
def flows(serve: Serve, config_for: ConfigFor, serve_answer: object) -> tuple[Configured, Server, str]:
    files = serve_answer(FakeFiles("redirect").answer)  # type: ignore[operator]  # a fixture's function
    fake = FakeVersori(files=files.url)
    configured = config_for({"flows": serve(fake)})
    key = next(row["key"] for row in fake.expected("flows") if row.get("document") == "url")
    return configured, files, key


def test_without_a_terminal_another_host_needs_its_permission(flows: tuple[Configured, Server, str]) -> None:
    configured, files, key = flows
    ran = run("pdf", "flows", key, "--no-cache", configured=configured)
    assert (ran.status, ran.out, files.asked) == (1, "", [])
    assert f"--allow-host 127.0.0.1:{files.port}" in ran.err
    ran = run("pdf", "flows", key, "--no-cache", "--allow-host", f"127.0.0.1:{files.port}", configured=configured)
    assert ran.status == 0, ran.err
    assert len(files.asked) == 2
    assert {one.authorization for one in files.asked} == {"missing"}
    token = next(iter(configured.env.values()))
    assert token not in ran.err + ran.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("pdf", "voice-id", "142", "-o", "-", "--text"), 2, "leave out --text"),
        (("pdf", "voice-id", "142", "--allow-host", "https://x.example/"), 2, "not the name of a host"),
        (("pdf", "nobody", "142"), 2, "there is no account nobody"),
        (("pdf", "voice-id", "999999"), 1, "there is no invoice 999999"),
        (("pdf", "hosting", "1"), 1, "no invoice"),
        (("cache", "clear"), 2, "demo"),
    ],
)
def test_mistakes_are_sentences(words: tuple[str, ...], status: int, said: str) -> None:
    ran = run(*words, "--demo")
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


class TestDemo:
    def ran(self, *words: str) -> Ran:
        return run("pdf", *words, "--demo")

    def test_file_ref_is_the_sha256_of_what_is_served(self) -> None:
        import json

        row = json.loads(run("list", "account:voice-id", "--demo", "--format", "json").out)[0]
        shown = json.loads(run("show", "voice-id", row["key"], "--demo", "--format", "json").out)
        out, err, status = binary("pdf", "voice-id", row["key"], "--demo", "-o", "-")
        assert status == 0, err
        verify(out)
        assert hashlib.sha256(out).hexdigest() == shown["metadata"]["file_ref"]

    def test_a_vendor_without_documents_says_what_it_offers(self) -> None:
        key = (
            run("list", "account:cloud", "--demo", "--limit", "1", "--format", "csv").out.splitlines()[1].split(",")[2]
        )
        ran = self.ran("cloud", key)
        assert ran.status == 1
        assert "only in its web application" in ran.err

    def test_a_disk_without_room_is_a_sentence_and_leaves_nothing(self, private_environment: Path) -> None:
        """The kernel's own refusal."""
        out, err, status = binary("pdf", "voice-id", "142", "--demo", shell="ulimit -f 0")
        assert (out, status) == (b"", 1)
        assert "was not written: the file is larger than this system allows" in err
        assert not [path for path in (private_environment / "Documents").rglob("*") if path.is_file()]


def test_cache_clear_deletes_what_can_be_fetched_again(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    fake = FakeVoxmind(count=2)
    configured = config_for({"voice": serve(fake)})
    saved = Path(run("pdf", "voice", str(fake.truths[0].id), configured=configured).out.strip())
    cache = private_environment / ".cache/invoicetui"
    assert (cache / "ledger.sqlite").exists()
    assert len(list((cache / "documents").glob("*.pdf"))) == 1
    ran = run("cache", "clear", configured=configured)
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[0] == "Deleted 1 cached document."
    assert not list(cache.rglob("*.pdf"))
    assert not list(cache.glob("ledger*"))
    assert saved.is_file()
    assert "There was no ledger." in run("cache", "clear", configured=configured).out
