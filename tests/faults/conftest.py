"""A bench on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.conftest import ConfigFor, Serve
from tests.faults.bench import BYSTANDER, COUNTS, KINDS, Bench, bench_over
from tests.servers.fake import Fake
from tests.servers.northflank import FakeNorthflank

Start = Callable[..., Bench]


@pytest.fixture
def start(serve: Serve, config_for: ConfigFor) -> Iterator[Start]:
    """`start()`: a bench over the five vendors and a bystander, or over `fakes`; closed at the end.

    Options go to `bench_over`.
    """
    benches: list[Bench] = []

    def begin(fakes: Mapping[str, Fake] | None = None, **options: Any) -> Bench:
        five = {name: kind(COUNTS[name]) for name, kind in KINDS.items()}
        benches.append(bench_over(fakes or {**five, BYSTANDER: FakeNorthflank(3)}, serve, config_for, **options))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.session.close()
