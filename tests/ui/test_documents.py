"""Documents in the browser: three ways to have one, every way not to, saved one by one and many at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.conftest import ConfigFor, Configured, Serve
from tests.documents.test_einvoice import cii
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.pdf import FakeFiles, pdf, pdf_reply
from tests.servers.serving import Answer, Reply, Server
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.ui.documented import Reader, pages, reading, with_document
from tests.ui.test_outside import Programs

ServeAnswer = Callable[[Answer], Server]


def files(folder: Path) -> dict[Path, bytes]:
    """The PDFs in a folder, each for its owner only."""
    found = list(folder.glob("**/*.pdf"))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in found)
    return {path: path.read_bytes() for path in found}


def downloads(server: Server) -> list[str]:
    return [request.path for request in server.asked if request.path.endswith("/download")]


async def test_by_endpoint_and_once(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    running = serve(FakeMeteroid(20))
    async with reading(config_for({"billing": running}), private_environment) as reader:
        await reader.sees("20 of 20")
        await reader.press("j", "j", "o")
        await reader.sees("Meteroid invoice", "Total", "page 1 of 1", "100%")
        assert "no PDF" not in reader.text
        await reader.press("q")
        await reader.sees("20 of 20")
        await reader.press("o")
        await reader.sees("Meteroid invoice")
        assert len(downloads(running.server)) == 1
        assert {request.authorization for request in running.server.asked} == {"expected"}
        await reader.press("r")
        await reader.until(lambda: len(downloads(running.server)) == 2)
        await reader.sees("Meteroid invoice")


async def test_by_reference(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    async with reading(config_for({"voice": serve(FakeVoxmind(5))}), private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("Voxmind invoice", "matches file_ref")


async def test_by_url_on_a_host_that_is_asked_about(
    serve: Serve, serve_answer: ServeAnswer, config_for: ConfigFor, private_environment: Path
) -> None:
    files = serve_answer(FakeFiles().answer)
    flows = serve(FakeVersori(5, files=files.url, has_upcoming=False))
    async with reading(config_for({"flows": flows}), private_environment) as reader:
        await reader.holds(5)
        await reader.press("o")
        await reader.sees("a document of flows lies on another host", f"127.0.0.1:{files.port}")
        await reader.press("enter", "n")
        await reader.sees("No PDF: another host", "r asks again")
        assert files.asked == []
        await reader.press("q", "j", "o")
        await reader.sees("No PDF: another host")
        await reader.press("r")
        await reader.sees("lies on another host")
        await reader.press("y")
        await reader.sees("Invoice", "ref0000", "page 1 of 1")
        await reader.press("q", "j", "o")
        await reader.sees("Invoice", "ref0000", "page 1 of 1")
        assert len({request.path for request in files.asked}) == 2
        assert {request.authorization for request in files.asked} == {"missing"}


async def test_leaving_over_a_question_is_a_no(
    serve: Serve, serve_answer: ServeAnswer, config_for: ConfigFor, private_environment: Path
) -> None:
    files_there = serve_answer(FakeFiles().answer)
    flows = serve(FakeVersori(5, files=files_there.url, has_upcoming=False))
    asked: list[Future[bool]] = []
    async with reading(config_for({"flows": flows}), private_environment) as reader:
        shown = reader.desk.ask

        def ask(account: str, host: str, answer: Future[bool]) -> None:
            asked.append(answer)
            shown(account, host, answer)

        reader.desk.ask = ask
        await reader.holds(5)
        await reader.press("o")
        await reader.sees("lies on another host")
        await reader.press("ctrl+q")
        await reader.until(lambda: not reader.app.is_running)
    (answer,) = asked
    assert answer.result(1) is False, "a thread that waits for an answer would keep the program from ending"
    assert files_there.asked == []


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, (("Content-Type", "application/pdf"),), b"<!DOCTYPE html><title>Log in</title>"),
         ("No PDF: not a PDF", "a web page came instead", "browser")),
        (pdf_reply(b"%PDF-1.4 broken"), ("No PDF: not a PDF", "incomplete")),
        (pdf_reply(b"%PDF-1.4" + bytes(26 * 2**20)), ("No PDF:", "25 MiB")),
        (Reply(403), ("No PDF: not allowed",)),
        (Reply(404), ("No PDF: not yet", "r tries again")),
    ],
)  # fmt: skip
async def test_why_there_is_none(
    serve: Serve, config_for: ConfigFor, private_environment: Path, reply: Reply, words: tuple[str, ...]
) -> None:
    fake = FakeMeteroid(5)
    running = serve(fake, with_document(fake.answer, reply))
    async with reading(config_for({"billing": running}), private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees(*words)
        await reader.press("h")
        await reader.sees("5 of 5")


async def test_an_expired_link_and_a_vendor_without_documents(
    serve: Serve, serve_answer: ServeAnswer, config_for: ConfigFor, private_environment: Path
) -> None:
    files = serve_answer(FakeFiles().answer)
    flows = serve(FakeVersori(2, files=f"{files.url}/gone", has_upcoming=False))
    configured = config_for({"cloud": serve(FakeNorthflank(2)), "flows": flows})
    with configured.path.open("a") as file:
        file.write(f'document_hosts = ["127.0.0.1:{files.port}"]\n')
    async with reading(configured, private_environment) as reader:
        await reader.holds(4)
        await reader.press("slash", *"account:flows", "enter", "o")
        await reader.sees("No PDF: expired link")
        await reader.press("q", "escape", "slash", *"account:cloud", "enter", "o")
        await reader.sees("No PDF: no document", "Northflank offers PDFs only in its web application")


async def test_what_is_not_there_yet_is_there_when_asked_again(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    async with reading(config_for({"billing": serve(FakeMeteroid(5, pdf_after=1))}), private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("not yet")
        await reader.press("r")
        await reader.sees("Meteroid invoice")


async def test_a_slow_document_holds_nothing_up(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    fake = FakeMeteroid(5)
    slow = with_document(fake.answer, Reply(200, pdf_reply(pdf("slow")).headers, pdf("slow"), delay=20))
    async with reading(config_for({"billing": serve(fake, slow)}), private_environment) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("fetching the PDF", "esc stops")
        await reader.press("escape")
        await reader.sees("5 of 5")
        await reader.press("d")
        await reader.sees("saving the PDF", "esc stops")
        await reader.press("j", "escape")
        await reader.sees("stopped")
        assert not files(reader.folder)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_tab(serve: Serve, config_for: ConfigFor, private_environment: Path, size: tuple[int, int]) -> None:
    running = serve(FakeMeteroid(20))
    async with reading(config_for({"billing": running}), private_environment, size) as reader:
        await reader.sees("20 of 20")
        await reader.press("enter")
        await reader.sees("[Summary]")
        for _ in range(4):
            await reader.press("right_square_bracket")
        await reader.sees("[PDF]", "Meteroid invoice", "1 page")
        await reader.press("J")
        await reader.until(lambda: len(downloads(running.server)) == 2)
        await reader.sees("[PDF]", "Meteroid invoice")
        await reader.press("enter")
        await reader.screen_is("PageScreen")
        await reader.sees("page 1 of 1")
        await reader.press("q")
        await reader.sees("[PDF]")
        if size[0] >= 110:
            await reader.press("q", "j", "j")
            await reader.sees("enter fetches the PDF")
            assert len(downloads(running.server)) == 2


async def test_an_e_invoice_that_disagrees(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    fake = FakeMeteroid(5)
    content = pages("An invoice", attachment=("factur-x.xml", cii()))
    async with reading(
        config_for({"billing": serve(fake, with_document(fake.answer, content))}), private_environment, (150, 40)
    ) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("! e-invoice inside differs: number INV-7, the API says")


async def test_saved_once_and_handed_to_a_viewer(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    programs = Programs()
    where = {"DISPLAY": ":0"}
    async with reading(
        config_for({"billing": serve(FakeMeteroid(5))}),
        private_environment,
        environ=where,
        which=lambda name: f"/bin/{name}" if name == "xdg-open" else None,
        popen=programs,
    ) as reader:
        await reader.sees("5 of 5")
        await reader.press("o")
        await reader.sees("shown with desktop, DISPLAY is set")
        (process,) = programs.started
        shown = Path(process.argv[1])
        ((_, content),) = files(shown.parent).items()
        assert content.startswith(b"%PDF-")
        assert not shown.is_relative_to(reader.folder)
        await reader.press("d")
        await reader.sees("saved:")
        assert list(files(reader.folder).values()) == [content]
        (saved,) = files(reader.folder)
        await reader.press("d")
        await reader.sees("saved before:")
        await reader.press("o")
        await reader.until(lambda: len(programs.started) == 2)
        assert programs.started[1].argv[1] == str(saved)
        await reader.press("O")
        await reader.sees("show the PDF with", "config.toml names no viewer", "> 5 desktop")
        await reader.press("6")
        await reader.screen_is("PageScreen")


def manifest(reader: Reader) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((reader.folder / "manifest.csv").read_text(encoding="utf-8"))))


async def test_many_at_once(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    fake = FakeMeteroid(12)
    bad = fake.truths[4].id
    broken = faults.slow(fake.answer, 0.02)

    def answer(*request: object) -> Reply:
        is_bad = str(request[1]).endswith(f"{bad}/download")
        return Reply(404) if is_bad else broken(*request)  # type: ignore[arg-type]  # passed on as they came

    running = serve(fake, answer)
    async with reading(config_for({"billing": running}), private_environment, (120, 40)) as reader:
        await reader.sees("12 of 12")
        await reader.press("a", "d")
        await reader.sees("failed (! says why)", "manifest.csv")
        failed = [row for row in manifest(reader) if row["result"] != "saved"]
        assert bad in {row["key"] for row in failed}
        assert len(manifest(reader)) == 12
        assert len(files(reader.folder)) == 12 - len(failed)
        await reader.press("exclamation_mark")
        await reader.sees(f"PDFs that were not saved ({len(failed)})", "has not made this PDF yet")
        await reader.press("q")
        before = len(downloads(running.server))
        await reader.press("d")
        await reader.sees("were there already")
        assert len(downloads(running.server)) == before + len(failed)


def slow_documents(fake: FakeMeteroid) -> Answer:
    """Documents that come at once, but for those after the third."""
    quick = pdf_reply(pdf("one"))
    served: list[str] = []

    def answer(*request: object) -> Reply:
        path = str(request[1])
        if not path.endswith("/download"):
            return fake.answer(*request)  # type: ignore[arg-type]  # passed on as they came
        served.append(path)
        return quick if len(served) <= 3 else Reply(200, quick.headers, quick.body, delay=20)

    return answer


async def test_many_are_stopped_by_esc_and_q_asks(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    fake = FakeMeteroid(12)
    running = serve(fake, slow_documents(fake))
    async with reading(config_for({"billing": running}), private_environment) as reader:
        await reader.sees("12 of 12")
        await reader.press("a", "d")
        await reader.sees("saving PDFs: 3 of 12", "esc stops")
        await reader.press("j", "q")
        await reader.sees("PDFs are being saved: 3 of 12 are done", "Stop that and leave?")
        await reader.press("n", "escape")
        await reader.sees("stopped: 3 of 12 done")
        assert len(files(reader.folder)) == 3
        await reader.until(lambda: len(manifest(reader)) == 3)
        await reader.press("q")
        await reader.sees("All accounts")


async def test_q_leaves_when_the_answer_is_yes(serve: Serve, config_for: ConfigFor, private_environment: Path) -> None:
    fake = FakeMeteroid(12)
    async with reading(config_for({"billing": serve(fake, slow_documents(fake))}), private_environment) as reader:
        await reader.sees("12 of 12")
        await reader.press("a", "d")
        await reader.sees("saving PDFs: 3 of 12")
        await reader.press("q", "y")
        await reader.sees("All accounts")
        assert not reader.desk.is_running


async def test_another_folder_other_names_and_a_period(
    serve: Serve, config_for: ConfigFor, private_environment: Path
) -> None:
    fake = FakeMeteroid(30)
    configured: Configured = config_for({"billing": serve(fake)})
    month = f"{fake.truths[-1].created:%Y-%m}"
    async with reading(configured, private_environment) as reader:
        await reader.sees("30 of 30")
        await reader.press("D")
        await reader.sees("save PDFs", "Period")
        other = private_environment / "for the accountant"
        await reader.press("end", "ctrl+u", *str(other), "enter", *month, "enter")
        await reader.press("end", "ctrl+u", *"{nothing}", "enter")
        await reader.sees("document_name has an unknown field {nothing}")
        await reader.press("end", "ctrl+u", *"{month}/{key}", "enter")
        await reader.sees("manifest.csv")
        saved = sorted(path.relative_to(other) for path in other.glob("**/*.pdf"))
        assert saved
        assert {path.parent.name for path in saved} == {month[-2:]}
        assert not reader.folder.exists()
