"""What all tests with a server share: a database for each, and a server of one's own. A conftest.py imports it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from database import Database, fresh_database
from server import Server, Template


@pytest.fixture
def database() -> Iterator[Database]:
    with fresh_database() as database:
        yield database


@pytest.fixture(scope="session")
def server_template() -> Iterator[Template]:
    if "PGFEED_TEST_POSTGRES" not in os.environ:
        pytest.fail("no PostgreSQL: run the tests by scripts/with_postgres.sh, or `make test`")
    template = Template(Path(os.environ["PGFEED_TEST_POSTGRES"]))
    yield template
    template.remove()


@pytest.fixture
def server(server_template: Template) -> Iterator[Server]:
    """A server of the test's own, started. It trusts everyone on this machine."""
    with Server(server_template) as server:
        server.start()
        yield server
