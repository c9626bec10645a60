"""Browsing live accounts: pages on demand, what is asked of vendors and what is not, and every key of the list."""

from __future__ import annotations

from tests.conftest import ConfigFor, Running, Serve
from tests.servers import faults
from tests.servers.meteroid import FakeMeteroid
from tests.servers.northflank import FakeNorthflank
from tests.servers.opterius import FakeOpterius
from tests.servers.versori import FakeVersori
from tests.servers.voxmind import FakeVoxmind
from tests.ui.browsing import Browser, browsing


def asked(running: Running) -> list[str]:
    """The pages that the server was asked for, by number, cursor or window."""
    return [
        "&".join(f"{name}={value}" for name, value in request.query if name in ("page", "cursor", "from"))
        for request in running.server.asked
    ]


async def test_ten_thousand_invoices_cost_one_request_until_somebody_scrolls(
    serve: Serve, config_for: ConfigFor
) -> None:
    running = serve(FakeMeteroid(10_000))
    async with browsing(config_for({"billing": running})) as browser:
        await browser.sees("100 of 10,000 loaded")
        await browser.rests()
        assert asked(running) == ["page=0"]
        for _ in range(2):
            await browser.press("ctrl+f")
        await browser.rests()
        assert asked(running) == ["page=0"]
        await browser.press("ctrl+f", "ctrl+f")
        await browser.sees("00 of 10,000 loaded")
        await browser.until(lambda: len(asked(running)) > 1)
        await browser.rests()
        pages = asked(running)
        assert pages == ["page=0", "page=1", "page=2"][: len(pages)]
        # Back and forth, in and out: what is known is not asked for again.
        await browser.press("g", "h")
        await browser.sees("All accounts")
        await browser.press("j", "enter")
        await browser.sees("00 of 10,000 loaded")
        await browser.rests()
        assert asked(running) == pages


async def test_g_g_loads_everything_and_esc_stops_it(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(2_000)
    running = serve(fake, faults.slow(fake.answer, 0.3))
    async with browsing(config_for({"billing": running})) as browser:
        await browser.sees("100 of 2,000 loaded")
        await browser.press("G")
        await browser.sees("200 of 2,000 loaded")
        await browser.press("G", "G")
        await browser.sees("loading all", "esc stops")
        await browser.until(lambda: browser.session.store.counts(["billing"])["billing"] >= 400)
        await browser.press("escape")
        await browser.sees("stopped")
        await browser.rests()
        kept = browser.session.store.counts(["billing"])["billing"]
        assert 400 <= kept < 2_000
        await browser.press("G", "G")
        await browser.sees("2,000 of 2,000")
        pages = asked(running)
        assert sorted(set(pages)) == sorted(f"page={number}" for number in range(20))


async def test_leaving_cancels_what_is_under_way(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeMeteroid(1_000)
    running = serve(fake, faults.slow(fake.answer, 2, nths=range(2, 99)))
    async with browsing(config_for({"billing": running})) as browser:
        await browser.sees("100 of 1,000 loaded")
        await browser.press("G")
        await browser.until(lambda: browser.session.condition("billing").is_loading)
        await browser.press("h")
        await browser.sees("All accounts")
        await browser.until(lambda: not browser.session.condition("billing").is_loading, 1.5)


async def test_one_refused_token_leaves_the_others_alone(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(5)), "cloud": serve(FakeNorthflank(5))})
    configured.env["INVOICETUI_TOKEN_CLOUD"] = "expired"
    async with browsing(configured) as browser:
        await browser.holds(5)
        await browser.sees("2 accounts (1!)", "! cloud: token refused")
        await browser.press("exclamation_mark")
        await browser.sees("cloud (cloud)", "refused the token", "INVOICETUI_TOKEN_CLOUD")
        await browser.press("q")
        await browser.sees("inbox")


async def test_a_refresh_keeps_the_cursor_on_its_invoice(serve: Serve, config_for: ConfigFor) -> None:
    fake = FakeOpterius(30)
    running = serve(fake)
    async with browsing(config_for({"hosting": running})) as browser:
        await browser.sees("30 of 30")
        await browser.press("j", "j")
        marked = marked_row(browser)
        fake.add()
        await browser.press("r")
        await browser.sees("31 of 31")
        assert marked_row(browser) == marked


def marked_row(browser: Browser) -> str:
    (row,) = [line for line in browser.lines() if line.startswith("> ")]
    return row


async def test_a_filter_the_vendor_knows_is_sent_to_it(serve: Serve, config_for: ConfigFor) -> None:
    running = serve(FakeMeteroid(10_000, voids=50))
    async with browsing(config_for({"billing": running})) as browser:
        await browser.sees("100 of 10,000 loaded")
        await browser.press("slash", *"status:void")
        await browser.rests()
        assert len(running.server.asked) == 1, "typing asks for nothing"
        await browser.press("enter")
        await browser.until(lambda: ("statuses", "VOID") in running.server.asked[-1].query)
        await browser.until(lambda: all("VOID" in line for line in browser.lines()[3:10]))


async def test_a_filter_only_we_know_loads_nothing(serve: Serve, config_for: ConfigFor) -> None:
    running = serve(FakeMeteroid(1_000))
    async with browsing(config_for({"billing": running})) as browser:
        await browser.sees("100 of 1,000 loaded")
        await browser.press("slash", *"nobody-at-all", "enter")
        await browser.sees("0 shown", "100 of 1,000 loaded · G G loads all")
        await browser.rests()
        assert len(running.server.asked) == 1
        await browser.press("G", "G")
        await browser.until(lambda: browser.session.store.counts(["billing"])["billing"] == 1_000)
        await browser.rests()
        await browser.press("escape")
        await browser.sees("1,000 of 1,000")


async def test_a_mistake_in_a_filter_is_marked(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(5))})) as browser:
        await browser.sees("5 of 5")
        await browser.press("slash", *"stats:open ")
        await browser.sees("stats")
        await browser.press("enter")
        await browser.sees("»stats", "status")
        await browser.press("escape")
        await browser.sees("5 of 5", "/ filter")


async def test_every_sort_key_sorts(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"hosting": serve(FakeOpterius(50))}), (120, 40)) as browser:
        await browser.sees("50 of 50")
        for key, field in {
            "u": "due",
            "n": "number",
            "v": "vendor",
            "t": "total",
            "s": "status",
            "p": "period",
        }.items():
            await browser.press("s")
            await browser.sees("sort by", "d date")
            await browser.press(key)
            await browser.sees(f"by {field}")
        await browser.press("S")
        await browser.sees("by period, reversed")
        await browser.press("s", "d")
        await browser.sees("by date")


async def test_esc_never_quits_and_q_climbs_to_the_root_and_leaves(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(5))})) as browser:
        await browser.sees("5 of 5")
        await browser.press("enter")
        await browser.sees("[Summary]")
        await browser.press("q")
        await browser.sees("5 of 5")
        await browser.press("escape")
        await browser.sees("All accounts")
        await browser.press("escape", "escape")
        await browser.sees("All accounts")
        assert browser.app.is_running
        await browser.press("q")
        await browser.until(lambda: not browser.app.is_running)


async def test_detail_tabs_raw_and_the_next_invoice(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))})) as browser:
        await browser.sees("20 of 20")
        await browser.press("enter")
        await browser.sees("[Summary]")
        for tab in ("Lines", "Tax & payments", "Usage", "PDF", "Raw", "Summary"):
            await browser.press("right_square_bracket")
            await browser.sees(f"[{tab}]")
        await browser.press("left_square_bracket")
        await browser.sees("[Raw]", '"customer_id"')
        await browser.press("x")
        await browser.sees("[Summary]")
        before = browser.lines()[0]
        await browser.press("J")
        await browser.until(lambda: browser.lines()[0] != before)
        await browser.press("K")
        await browser.until(lambda: browser.lines()[0] == before)
        await browser.press("K")
        await browser.sees("this is the first invoice")


async def test_beside_the_list_enter_and_q_move_the_focus(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"billing": serve(FakeMeteroid(20))}), (120, 40)) as browser:
        await browser.sees("20 of 20", "[Summary]", "Subtotal")
        await browser.press("enter", "right_square_bracket")
        await browser.sees("[Lines]")
        await browser.press("q")
        assert browser.app.focused is not None
        assert type(browser.app.focused).__name__ == "InvoiceTable"
        await browser.press("tab")
        assert type(browser.app.focused).__name__ == "ReadingPane"
        await browser.press("h", "h")
        await browser.sees("All accounts")


async def test_commands_by_name(serve: Serve, config_for: ConfigFor) -> None:
    configured = config_for({"voice": serve(FakeVoxmind(5)), "flows": serve(FakeVersori(5))})
    async with browsing(configured) as browser:
        await browser.sees("inbox")
        await browser.press("colon", *"open voice", "enter")
        await browser.sees(" accounts > voice  5 of 5")
        await browser.press("colon", *"nonsense", "enter")
        await browser.sees("there is no command nonsense")
        await browser.press("colon", *"theme nord", "enter")
        await browser.until(lambda: browser.app.theme == "nord")
        await browser.press("colon", *"acc", "enter")
        await browser.sees("All accounts")
        await browser.press("colon", "escape")
        await browser.sees("All accounts")


async def test_help_comes_from_the_catalogue_and_can_be_searched(serve: Serve, config_for: ConfigFor) -> None:
    async with browsing(config_for({"voice": serve(FakeVoxmind(5))}), (80, 24)) as browser:
        await browser.sees("5 of 5")
        await browser.press("question_mark")
        await browser.sees("keys that work here, now on 2 (voice)", "Tag every invoice")
        assert browser.lines()[1] == " Finding", "what is about this screen comes first"
        await browser.press("slash", *"reverse")
        await browser.until(lambda: "Tag every invoice" not in browser.text)
        await browser.sees("Turn the order around")
        await browser.press("escape", "escape")
        await browser.sees("5 of 5")
