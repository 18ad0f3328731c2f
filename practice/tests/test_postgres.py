"""PostgreSQL in a container: what it insists on, logs, answers, keeps and refuses."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from essaim_practice import PracticeServer

from .databases import logged, put, said
from .ports import free_ports

IMAGE = "postgres:17"

_READY = "[1] LOG:  database system is ready to accept connections"


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=1, speed=50, seed=1, bind_ports=True) as server:
        yield server


@pytest.fixture(scope="module")
def published() -> int:
    return free_ports(1)


@pytest.fixture(scope="module")
def postgres(server: PracticeServer, published: int) -> Container:
    container = server.client.containers.run(
        IMAGE,
        name="db",
        detach=True,
        environment={"POSTGRES_PASSWORD": "sesame"},
        ports={"5432/tcp": published},
    )
    logged(container, _READY)
    return container


def psql(container: Container, sql: str, *more: str, code: int = 0) -> str:
    return said(container, "psql", "-U", "postgres", *more, "-c", sql, code=code)


def test_it_insists_on_a_password(server: PracticeServer) -> None:
    container = server.client.containers.run(IMAGE, detach=True)
    assert container.wait()["StatusCode"] == 1
    rows = container.logs(stdout=False).decode().splitlines()
    assert rows[0] == "Error: Database is uninitialized and superuser password is not specified."
    assert rows[-1] == "       https://www.postgresql.org/docs/current/auth-trust.html"


def test_its_first_start_ends_twice_with_a_ready_server(postgres: Container) -> None:
    log = postgres.logs().decode()
    assert log.count("database system is ready to accept connections") == 2
    assert "\nPostgreSQL init process complete; ready for start up.\n" in log
    assert 'LOG:  listening on IPv4 address "0.0.0.0", port 5432\n' in log
    assert said(postgres, "pg_isready") == "/var/run/postgresql:5432 - accepting connections\n"


def test_tables_are_made_filled_and_read(postgres: Container) -> None:
    people = (
        "CREATE TABLE people (id SERIAL PRIMARY KEY, name VARCHAR(10) NOT NULL, age INT,"
        " nice BOOLEAN DEFAULT true, price NUMERIC(8,2))"
    )
    assert psql(postgres, people) == "CREATE TABLE\n"
    insert = "INSERT INTO people (name, age, price) VALUES ('Ada', 36, 9.5), ('Bob', null, 12)"
    assert psql(postgres, insert) == "INSERT 0 2\n"
    assert psql(postgres, "SELECT * FROM people ORDER BY id") == (
        " id | name | age | nice | price \n"
        "----+------+-----+------+-------\n"
        "  1 | Ada  |  36 | t    |  9.50\n"
        "  2 | Bob  |     | t    | 12.00\n"
        "(2 rows)\n\n"
    )
    assert psql(postgres, "SELECT name FROM people WHERE name ILIKE 'a%'", "-tA") == "Ada\n"
    changed = "BEGIN; UPDATE people SET age = 99; ROLLBACK; SELECT max(age) FROM people"
    assert psql(postgres, changed, "-tA").splitlines()[-1] == "36"
    assert psql(postgres, r"\dt").splitlines()[3:] == [
        " public | people | table | postgres",
        "(1 row)",
        "",
    ]
    assert "character varying(10)" in psql(postgres, r"\d people")


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        (
            "select * from nosuch;",
            'ERROR:  relation "nosuch" does not exist\n'
            "LINE 1: select * from nosuch;\n                      ^\n",
        ),
        ("selec 1", 'ERROR:  syntax error at or near "selec"\nLINE 1: selec 1\n        ^\n'),
        (
            "create extension hstore",
            "ERROR:  the practice engine does not play CREATE EXTENSION\n",
        ),
        (
            "with recursive t(n) as (select 1 union all select n+1 from t) select count(*) from t",
            "ERROR:  the practice engine plays only small queries\n",
        ),
        ("attach database '/etc/passwd' as x", "ERROR:  "),
        ("pragma database_list", "ERROR:  "),
        ("select load_extension('x')", "ERROR:  "),
    ],
)
def test_what_it_refuses(postgres: Container, sql: str, complaint: str) -> None:
    refused = psql(postgres, sql, code=1)
    assert refused == complaint or (complaint == "ERROR:  " and refused.startswith(complaint))


def test_others_must_say_the_password(server: PracticeServer, postgres: Container) -> None:
    server.client.networks.create("office").connect(postgres)

    def asked(password: str) -> str:
        container = server.client.containers.run(
            IMAGE,
            ["psql", "-h", "db", "-U", "postgres", "-tAc", "select 7"],
            network="office",
            environment={"PGPASSWORD": password},
            detach=True,
        )
        container.wait()
        text: str = container.logs().decode()
        container.remove()
        return text

    assert asked("sesame") == "7\n"
    assert asked("guess").endswith('FATAL:  password authentication failed for user "postgres"\n')


def test_its_protocol_on_a_published_port(postgres: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        connection.sendall(struct.pack("!ii", 8, 80877103))
        assert connection.recv(1) == b"N"  # no TLS
        given = b"user\0postgres\0\0"
        connection.sendall(struct.pack("!ii", 8 + len(given), 196608) + given)
        kind, size, how = struct.unpack("!cii", connection.recv(9))
        assert (kind, how) == (b"R", 10)
        assert connection.recv(size - 8) == b"SCRAM-SHA-256\0\0"


def test_a_volume_keeps_its_databases(server: PracticeServer) -> None:
    volumes = {"pgdata": {"bind": "/var/lib/postgresql/data", "mode": "rw"}}
    environment = {"POSTGRES_PASSWORD": "x", "POSTGRES_USER": "ada", "POSTGRES_DB": "shop"}
    run = server.client.containers.run
    first = run(IMAGE, detach=True, volumes=volumes, environment=environment)
    logged(first, _READY)
    assert "CREATE DATABASE\n" in first.logs().decode()
    ada = ("psql", "-U", "ada", "shop", "-tAc")
    said(first, *ada, "create table kept (n int)")
    said(first, *ada, "insert into kept values (41), (1)")
    first.remove(force=True)
    second = run(IMAGE, detach=True, volumes=volumes)
    assert "Skipping initialization" in logged(second, _READY)
    assert said(second, *ada, "select sum(n) from kept") == "42\n"


def test_scripts_of_the_first_start(server: PracticeServer) -> None:
    script = "create table made (n int); insert into made values (7);"
    container = server.client.containers.create(
        IMAGE, environment={"POSTGRES_HOST_AUTH_METHOD": "trust"}
    )
    put(container, "/docker-entrypoint-initdb.d/init.sql", script)
    container.start()
    log = logged(container, _READY)
    assert "running /docker-entrypoint-initdb.d/init.sql\nCREATE TABLE\nINSERT 0 1\n" in log
    assert psql(container, "select n from made", "-tA") == "7\n"


def test_a_data_folder_that_somebody_wrote_over_is_refused(server: PracticeServer) -> None:
    container = server.client.containers.run(
        IMAGE, detach=True, environment={"POSTGRES_PASSWORD": "x"}
    )
    logged(container, _READY)
    container.stop()
    put(container, "/var/lib/postgresql/data/base/postgres", "[\"attach '/tmp/x' as y\"]")
    container.start()
    container.wait()
    assert "FATAL:  could not read the data directory" in container.logs().decode()
