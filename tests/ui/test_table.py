"""The invoice list: what it paints, what it asks for, and where the cursor stays."""

from __future__ import annotations

from datetime import date, timedelta

from invoicetui.model import Account, Kind, Lifecycle, Payment, Side
from invoicetui.money import Money
from invoicetui.ui.table import InvoiceTable
from tests.ui.rows import TODAY, Rows
from tests.ui.table_program import TableProgram, painted, texts


def cursor_line(table: InvoiceTable) -> str:
    (line,) = [text for text in texts(table) if text.startswith(">")]
    return line


async def test_a_list_at_80_columns() -> None:
    app = TableProgram(Rows(range(100)))
    async with app.run_test(size=(80, 8)) as pilot:
        await pilot.pause()
        assert texts(app.table) == [
            "  DATE v     ACCOUNT        NUMBER             ST              TOTAL DUE",
            "> 2026-04-01 Acme voice     INV-0000000        OPEN       USD 100.00 2026-05-01",
            "  2026-04-01 Acme cloud     INV-0000001        PAID       USD 100.01 2026-05-01",
            "  2026-04-01 Acme voice     INV-0000002        PAID       USD 100.02 2026-05-01",
            "  2026-04-01 Acme cloud     INV-0000003        PAID       USD 100.03 2026-05-01",
            "  2026-04-01 Acme voice     INV-0000004        PAID       USD 100.04 2026-05-01",
        ]
        assert all(strip.cell_length == 79 for strip in painted(app.table))


async def test_a_million_rows_are_asked_for_only_when_in_sight() -> None:
    source = Rows(range(1_000_000))
    app = TableProgram(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert set(source.asked) == set(range(21))
        source.asked.clear()
        await pilot.press("down")
        await pilot.press("up")
        assert set(source.asked) <= {0, 1}, "two lines change"
        source.asked.clear()
        await pilot.press(*["pagedown"] * 4)
        assert len(source.asked) <= 4 * 23
        source.asked.clear()
        app.table.move_to_end()
        await pilot.pause()
        assert set(source.asked) == set(range(999_979, 1_000_000))
        assert len(source.asked) <= 2 * 21
        assert "INV-0999999" in cursor_line(app.table)


async def test_a_line_painted_before_is_not_made_again() -> None:
    source = Rows(range(100))
    app = TableProgram(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("pagedown", "pageup", "down", "up")
        source.asked.clear()
        await pilot.press("pagedown", "pageup", "down", "up")
        assert source.asked == []
        app.table.refresh_rows()
        await pilot.pause()
        assert set(source.asked) == set(range(21))


async def test_every_movement() -> None:
    app = TableProgram(Rows(range(200)))
    async with app.run_test(size=(80, 23)) as pilot:
        table = app.table
        assert table.page_rows == 20
        for key, cursor in (
            ("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0), ("ctrl+d", 10), ("ctrl+u", 0), ("pagedown", 20),
            ("ctrl+f", 40), ("pageup", 20), ("ctrl+b", 0), ("j", 1), ("g", 0), ("j", 1), ("home", 0),
        ):  # fmt: skip
            await pilot.press(key)
            assert table.cursor == cursor, key
            assert table.first_visible <= cursor <= table.last_visible
        table.move_to(10_000)
        assert table.cursor == 199
        table.move_to(-5)
        assert (table.cursor, table.first_visible, table.last_visible) == (0, 0, 19)
        table.move_to(20)
        assert (table.first_visible, table.last_visible) == (1, 20)
        await pilot.pause()
        app.heard.clear()
        await pilot.press("end", "left")
        assert table.cursor == 20, "what G and h do is for the screen"
        await pilot.press("enter", "l", "right")
        assert app.heard == [("activated", 20)] * 3


async def test_messages_tell_cursor_and_window() -> None:
    app = TableProgram(Rows(range(200)))
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.pause()
        app.heard.clear()
        await pilot.press("j")
        assert app.heard == [("cursor", 1)]
        await pilot.press("pagedown", "k")
        assert app.heard == [("cursor", 1), ("window", 2), ("cursor", 21), ("cursor", 20)]
        app.heard.clear()
        await pilot.press("g", "g")
        assert app.heard == [("window", 0), ("cursor", 0)], "no news is no message"


async def test_the_cursor_stays_on_its_row_when_the_source_is_replaced() -> None:
    app = TableProgram(Rows(range(1000)))
    async with app.run_test(size=(80, 23)) as pilot:
        table = app.table
        table.move_to(300)
        await pilot.press(*["up"] * 5)
        height = table.cursor - table.first_visible
        newer = Rows([*range(5000, 5040), *range(1000)])
        table.show(newer, keep=table.cursor_id)
        await pilot.pause()
        assert (table.cursor, table.cursor_id) == (335, 295)
        assert table.cursor - table.first_visible == height, "and nothing moves before the eyes"
        assert "INV-0000295" in cursor_line(table)
        assert table.source is newer


async def test_a_cursor_whose_row_is_gone_stays_where_it_was() -> None:
    app = TableProgram(Rows(range(100)))
    async with app.run_test(size=(80, 23)) as pilot:
        table = app.table
        table.move_to(50)
        table.show(Rows([*range(50), *range(51, 100)]), keep=50)
        assert (table.cursor, table.cursor_id) == (50, 51)
        table.show(Rows(range(10)), keep=51)
        assert (table.cursor, table.first_visible) == (9, 0)
        table.show(Rows([]), keep=9)
        await pilot.pause()
        assert (table.cursor, table.cursor_id, table.last_visible) == (0, None, -1)
        await pilot.press("j", "pagedown", "enter", "g")
        table.move_to_end()
        assert not [name for name, _ in app.heard if name == "activated"]
        table.show(Rows(range(100)))
        await pilot.pause()
        assert (table.cursor, table.first_visible) == (0, 0)


async def test_a_window_scrolled_away_from_the_cursor_is_not_pulled_back() -> None:
    app = TableProgram(Rows(range(1000)))
    async with app.run_test(size=(80, 23)) as pilot:
        table = app.table
        table.scroll_to(y=500, animate=False)
        table.show(Rows([*range(5000, 5003), *range(1000)]), keep=0)
        await pilot.pause()
        assert (table.cursor, table.first_visible) == (3, 503)
        await pilot.press("down")
        assert table.first_visible <= table.cursor <= table.last_visible


async def test_rows_not_at_hand_are_asked_for_again() -> None:
    source = Rows(range(30))
    source.absent = {0, 2}
    app = TableProgram(source)
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert texts(app.table)[1:4:2] == ["> …", "  …"]
        source.absent = set()
        app.table.refresh_rows()
        await pilot.pause()
        assert "INV-0000002" in texts(app.table)[3]


async def test_rows_that_arrive_lengthen_the_list() -> None:
    source = Rows(range(5))
    app = TableProgram(source)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.pause()
        source.ids = range(500)
        app.table.refresh_rows()
        await pilot.pause()
        app.table.move_to_end()
        assert (app.table.cursor, app.table.last_visible) == (499, 499)


async def test_the_tail_stands_below_the_last_row() -> None:
    app = TableProgram(Rows(range(50)))
    async with app.run_test(size=(80, 13)) as pilot:
        table = app.table
        table.tail = ("older invoices of Acme voice not loaded", "and of [/] 請求書" + "x" * 90)
        await pilot.pause()
        assert not [line for line in texts(table) if "older" in line]
        table.move_to_end()
        await pilot.pause()
        *_, last, first_tail, second_tail = texts(table)
        assert last.startswith("> ")
        assert first_tail == "  older invoices of Acme voice not loaded"
        assert second_tail.startswith("  and of [/] 請求書x")
        assert second_tail.endswith("x~")
        assert table.last_visible == 49
        table.tail = ()
        await pilot.pause()
        assert "INV-0000049" in texts(table)[-1]


async def test_hostile_text_stays_text_and_in_its_column() -> None:
    app = TableProgram(Rows([1], number="[/] [bold]\x1b]52;c;cHduZWQ=\x07\u202e", currency="[/]"))
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        await pilot.pause()
        (strip,) = painted(app.table)[1:2]
        assert strip.cell_length == 80
        assert "[/] [bold]\N{REPLACEMENT CHARACTER}]52;" in strip.text
        assert not {"\x1b", "\x07", "\u202e"} & set(strip.text)
        for number in ("請求書" * 9, "👩‍👩‍👧‍👦" * 9, "e\u0301" * 60, "\N{ZERO WIDTH SPACE}" * 60, "", " ", "-" * 400):
            app.table.show(Rows([1], number=number, customer=number))
            await pilot.pause()
            assert painted(app.table)[1].cell_length == 80
            assert painted(app.table)[1].text.endswith(" PAID       USD 100.01 2026-05-01")
        assert painted(app.table)[1].text.count("~") == 1


async def test_status_is_styled_only_where_it_says_something() -> None:
    app = TableProgram(Rows([1]))
    async with app.run_test(size=(80, 10)) as pilot:

        async def segments(**changes: object) -> list[tuple[str, bool, bool]]:
            app.table.show(Rows([3, 1], **changes))
            await pilot.pause()
            return [
                (s.text, bool(s.style and s.style.bold), bool(s.style and s.style.dim)) for s in painted(app.table)[2]
            ]

        late = await segments(payment=Payment.UNPAID, amount_due=Money(1, "USD", 2), due=TODAY - timedelta(1))
        assert [part for part in late if part[1]] == [("LATE", True, False)]
        void = await segments(lifecycle=Lifecycle.VOID)
        assert [part for part in void if part[2]] == [("VOID", False, True)]
        for changes in ({"payment": Payment.PAID}, {"payment": Payment.UNPAID}, {"payment": Payment.PARTIAL}):
            assert len(await segments(**changes)) == 1, "one style a line, or a key costs more bytes"


async def test_status_follows_the_day() -> None:
    today = [date(2026, 4, 30)]
    app = TableProgram(Rows([0]), today=lambda: today[0])
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert " OPEN " in texts(app.table)[1]
        today[0] = date(2026, 5, 2)
        assert " LATE " in texts(app.table)[1]


async def test_what_a_row_says_when_the_vendor_does_not() -> None:
    app = TableProgram(Rows([1], number=None, issued=None, due=None, total=None, payment=Payment.UNKNOWN))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert texts(app.table)[1] == "> n/a        Acme cloud     key-1               ?                 n/a n/a"
        april = {"period_start": date(2026, 4, 1), "period_end": date(2026, 4, 30), "key": "2026-04-01..2026-04-30"}
        app.table.show(Rows([1], number=None, kind=Kind.UPCOMING, **april))
        await pilot.pause()
        assert " (2026-04)           NEXT " in texts(app.table)[1]


async def test_an_amount_gives_up_its_commas_before_its_digits() -> None:
    app = TableProgram(Rows([1], total=Money(-1_234_567_89, "USD", 2)))
    async with app.run_test(size=(60, 10)) as pilot:
        for minor, text in (
            (-123_456_78, " USD -123,456.78 "),
            (-12_345_678_90, " USD -12345678.90 "),
            (10**30, " USD 10000000000~ "),
        ):
            app.table.show(Rows([1], total=Money(minor, "USD", 2)))
            await pilot.pause()
            assert text in texts(app.table)[1]


async def test_one_account_and_issued_invoices_change_the_columns() -> None:
    issuer = Account("shop", "meteroid", "Shop", Side.ISSUED, "https://meteroid.example.com")
    app = TableProgram(Rows([1], customer="Wile E. Coyote", account="shop"))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert "Wile" not in texts(app.table)[1]
        app.table.set_accounts({"shop": issuer})
        await pilot.pause()
        assert "INV-0000001 " in texts(app.table)[1]
        assert "Wile E. Coyote" in texts(app.table)[1]
        assert "Shop" not in texts(app.table)[1]


async def test_columns_without_room_are_reached_sideways() -> None:
    app = TableProgram(Rows(range(40), customer="Wile E. Coyote"))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert texts(app.table)[0].startswith("  DATE v")
        seen = ""
        await pilot.press("L")
        for _ in range(12):
            seen += " ".join(texts(app.table))
            app.table.action_sideways_right()
        await pilot.pause()
        assert "Wile E. Coyote" in seen
        assert " PERIOD" in seen
        assert texts(app.table)[0].startswith("< ")
        assert texts(app.table)[1].startswith("> ")
        for _ in range(12):
            app.table.action_sideways_left()
        await pilot.press("H")
        assert texts(app.table)[0].startswith("  DATE v")


async def test_a_terminal_of_any_size() -> None:
    app = TableProgram(Rows(range(500)))
    async with app.run_test(size=(120, 40)) as pilot:
        app.table.move_to(100)
        for width, height in ((40, 10), (20, 5), (10, 3), (200, 50), (40, 10)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert all(strip.cell_length == width - 1 for strip in painted(app.table))
            if height > 3:
                assert cursor_line(app.table)
        assert texts(app.table)[0] == "  DATEv VENDOR    ST              TOTAL"
        assert "> 03-30 voxmind   OPEN       USD 101.00" in texts(app.table)


async def test_only_lines_that_look_different_are_painted_again() -> None:
    source = Rows(range(100))
    app = TableProgram(source)
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.pause()
        table = app.table
        for change, lines in ((None, 0), ("number", 1), (None, 0)):
            if change:
                source.changed = {7: {"number": "CHANGED"}}
            before = table.repainted
            table.refresh_rows()
            await pilot.pause()
            assert table.repainted - before == lines
            table.show(source, keep=table.cursor_id)
            await pilot.pause()
            assert table.repainted - before == lines
        assert "CHANGED" in texts(table)[8]


async def test_a_list_that_shrinks_leaves_no_gap() -> None:
    app = TableProgram(Rows(range(1000)))
    async with app.run_test(size=(80, 23)) as pilot:
        app.table.move_to_end()
        app.rows.ids = range(990)
        app.table.refresh_rows()
        await pilot.pause()
        assert (app.table.cursor, app.table.last_visible, app.table.first_visible) == (989, 989, 970)
        app.rows.ids = range(3)
        app.table.refresh_rows()
        await pilot.pause()
        assert (app.table.cursor, app.table.first_visible) == (2, 0)
        assert app.table.scrollable_content_region.width == 80, "no scroll bar"
