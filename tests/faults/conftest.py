"""A bench on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import ConfigFor, Serve
from tests.faults.bench import BYSTANDER, COUNTS, KINDS, Bench, bench_over
from tests.servers.northflank import FakeNorthflank

Start = Callable[..., Bench]


@pytest.fixture
def start(serve: Serve, config_for: ConfigFor) -> Iterator[Start]:
    """`start()`: a bench over the five vendors and a bystander; closed at the end. Options go to `bench_over`."""
    benches: list[Bench] = []

    def begin(**options: Any) -> Bench:
        fakes = {name: kind(COUNTS[name]) for name, kind in KINDS.items()}
        benches.append(bench_over({**fakes, BYSTANDER: FakeNorthflank(3)}, serve, config_for, **options))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.session.close()
