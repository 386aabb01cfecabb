"""Encrypted connections: what libpq's sslmode asks for holds, and what is sent to elsewhere in plain text is told."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from conftest import Database, Pgfeed
from feed import Feed
from server import Server, Template

DATABASE = 5
ITEMS = "tables: {items: {key: [id], on_duplicate: skip, columns: {id: {path: $.id, type: integer}}}}"


# What the kernel says of a socket's peer, but for loopback: that it is another machine.
PEER = """
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/socket.h>

int getpeername(int socket, struct sockaddr *address, socklen_t *size) {
  int (*real)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "getpeername");
  int status = real(socket, address, size);
  struct sockaddr_in *four = (struct sockaddr_in *)address;
  if (status == 0 && address->sa_family == AF_INET && four->sin_addr.s_addr != htonl(INADDR_LOOPBACK))
    inet_pton(AF_INET, "192.0.2.1", &four->sin_addr);
  if (status == 0 && address->sa_family == AF_INET6)
    inet_pton(AF_INET6, "2001:db8::1", &((struct sockaddr_in6 *)address)->sin6_addr);
  return status;
}
"""


def own_address() -> str:
    """An address of this machine that is not loopback: the one that it would call others from. Nothing is sent."""
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.connect((elsewhere, 9))
            address: str = probe.getsockname()[0]
            return address
    pytest.fail("this machine has no address but loopback")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls_server(server_template: Template, authority: trustme.CA) -> Iterator[Server]:
    """A server with a certificate for `localhost`, reached by TLS or without, from this machine only."""
    certificate = authority.issue_cert("localhost")
    with Server(server_template) as server:
        server.add_file("server.crt", b"".join(part.bytes() for part in certificate.cert_chain_pems))
        server.add_file("server.key", certificate.private_key_pem.bytes())
        server.configure(ssl="on", log_connections="on", listen_addresses=f"127.0.0.1,{own_address()}")
        server.allow("host all all samehost trust")
        server.start()
        server.create_database("load")
        yield server


@pytest.fixture
def items(pgfeed: Pgfeed, tls_server: Server, tmp_path: Path) -> Feed:
    """A mapping and two documents."""
    feed = Feed(pgfeed, Database("load", tls_server.conninfo("load")), tmp_path)
    feed.query("DROP TABLE IF EXISTS items; DROP SCHEMA IF EXISTS pgfeed CASCADE")
    feed.mapping(ITEMS)
    feed.documents({"id": 1}, {"id": 2})
    return feed


@pytest.fixture
def root_certificate(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "root.crt"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_verify_full_is_what_every_session_has(items: Feed, tls_server: Server, root_certificate: Path) -> None:
    seen = len(tls_server.log())
    to = tls_server.conninfo("load", host="localhost") + f" sslmode=verify-full sslrootcert={root_certificate}"
    result = items.run("load", "--connections", 2, "documents.ndjson", to=to)
    assert (result.exit_code, result.stderr) == (0, "")
    assert items.values("SELECT id FROM items ORDER BY id") == [1, 2]
    sessions = [line for line in tls_server.log()[seen:].splitlines() if "authorized" in line and "=pgfeed load" in line]
    assert len(sessions) >= 3  # the load's and its workers'
    assert all("SSL enabled" in line for line in sessions), sessions


def test_a_server_of_another_authority_is_one_sentence(items: Feed, tls_server: Server) -> None:
    other = items.file("other.crt", trustme.CA().cert_pem.bytes())
    to = tls_server.conninfo("load", host="localhost") + f" sslmode=verify-full sslrootcert={other}"
    result = items.run("load", "documents.ndjson", to=to)
    assert result.exit_code == DATABASE
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("pgfeed: cannot connect to the database: ")
    assert "certificate verify failed" in result.stderr


def test_a_certificate_for_another_name_is_one_sentence(items: Feed, tls_server: Server, root_certificate: Path) -> None:
    to = tls_server.conninfo("load") + f" sslmode=verify-full sslrootcert={root_certificate}"
    result = items.run("load", "documents.ndjson", to=to)
    assert result.exit_code == DATABASE
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert 'certificate for "localhost" does not match host name "127.0.0.1"' in result.stderr


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a program to which this machine's address is another machine's."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "peer.c").write_text(PEER, encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "peer.so", folder / "peer.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(folder / "peer.so")}


@pytest.mark.parametrize("command", ["load", "check"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_plain_text_to_another_machine_is_told(
    items: Feed, tls_server: Server, elsewhere: dict[str, str], command: str, more: list[str]
) -> None:
    to = tls_server.conninfo("load", host=own_address()) + " sslmode=disable"
    result = items.pgfeed(command, "-m", "feed.yaml", "--to", to, *more, "documents.ndjson", env=elsewhere)
    assert result.exit_code == 0, result
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"pgfeed: warning: the connection to load on {own_address()} port {tls_server.port} is not")
    assert "sslmode=verify-full" in line
    if more:
        assert json.loads(result.stdout)["warnings"] == []


def test_it_is_told_first_also_where_the_load_fails(items: Feed, tls_server: Server, elsewhere: dict[str, str]) -> None:
    items.query("CREATE TABLE items (other integer)")
    to = tls_server.conninfo("load", host=own_address()) + " sslmode=disable"
    result = items.pgfeed("load", "-m", "feed.yaml", "--to", to, "documents.ndjson", env=elsewhere)
    assert result.exit_code != 0
    warning, error = result.stderr.splitlines()
    assert "is not encrypted" in warning
    assert "items" in error


@pytest.mark.parametrize("command", ["load", "check"])
def test_what_is_encrypted_or_stays_on_this_machine_is_not_told(
    items: Feed, tls_server: Server, elsewhere: dict[str, str], command: str
) -> None:
    for host, mode, environment in [
        (own_address(), "require", elsewhere),
        (own_address(), "disable", {}),
        ("127.0.0.1", "disable", {}),
        ("localhost", "disable", {}),
        (str(tls_server.folder), "disable", {}),
    ]:
        to = tls_server.conninfo("load", host=host) + f" sslmode={mode}"
        result = items.pgfeed(command, "-m", "feed.yaml", "--to", to, "documents.ndjson", env=environment)
        assert (result.exit_code, result.stderr) == (0, ""), host
