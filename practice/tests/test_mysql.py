"""MySQL and MariaDB in containers: what they insist on, log, answer, keep and refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from essaim_practice import PracticeServer

from .databases import logged, said
from .ports import free_ports

IMAGE = "mysql:8.4"
_READY = "/usr/sbin/mysqld: ready for connections. Version: '8.4.11'"
_WARNING = "mysql: [Warning] Using a password on the command line interface can be insecure.\n"


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=1, speed=50, seed=1, bind_ports=True) as server:
        yield server


@pytest.fixture(scope="module")
def published() -> int:
    return free_ports(1)


@pytest.fixture(scope="module")
def mysql(server: PracticeServer, published: int) -> Container:
    environment = {
        "MYSQL_ROOT_PASSWORD": "sesame",
        "MYSQL_DATABASE": "shop",
        "MYSQL_USER": "ada",
        "MYSQL_PASSWORD": "pw",
    }
    ports = {"3306/tcp": published}
    container = server.client.containers.run(
        IMAGE, name="db", detach=True, environment=environment, ports=ports
    )
    logged(container, _READY)
    return container


def ask(container: Container, sql: str, *more: str, code: int = 0) -> str:
    answer = said(container, "mysql", "-uroot", "-psesame", *more, "-e", sql, code=code)
    assert answer.startswith(_WARNING)
    return answer.removeprefix(_WARNING)


@pytest.mark.parametrize(
    ("image", "name"),
    [(IMAGE, "    - MYSQL_ROOT_PASSWORD\n"), ("mariadb:11", "one of MARIADB_ROOT_PASSWORD, ")],
)
def test_it_insists_on_a_password(server: PracticeServer, image: str, name: str) -> None:
    container = server.client.containers.run(image, detach=True)
    assert container.wait()["StatusCode"] == 1
    log = container.logs().decode()
    assert "Database is uninitialized and password option is not specified\n" in log
    assert name in log


def test_its_first_start_makes_what_the_environment_names(mysql: Container) -> None:
    notes = [row.partition("[Entrypoint]: ")[2] for row in mysql.logs().decode().splitlines()]
    assert [note for note in notes if note][1:] == [
        "Initializing database files",
        "Database files initialized",
        "Starting temporary server",
        "Temporary server started.",
        "Creating database shop",
        "Creating user ada",
        "Giving user ada access to schema shop",
        "Stopping temporary server",
        "Temporary server stopped",
        "MySQL init process done. Ready for start up.",
    ]
    assert "mysqld is alive\n" in said(mysql, "mysqladmin", "ping", "-psesame")
    assert "shop\n" in said(mysql, "mysql", "-uada", "-ppw", "-e", "show databases")


def test_tables_are_made_filled_and_read(mysql: Container) -> None:
    script = (
        "CREATE TABLE people (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10),"
        " price DECIMAL(8,2)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;"
        'INSERT INTO people (name, price) VALUES ("Ada", 9.5), ("Bob", 12); SELECT * FROM people'
    )
    assert ask(mysql, script, "shop") == "id\tname\tprice\n1\tAda\t9.50\n2\tBob\t12.00\n"
    assert ask(mysql, "SELECT id, name FROM shop.people", "-t") == (
        "+----+------+\n| id | name |\n+----+------+\n|  1 | Ada  |\n|  2 | Bob  |\n+----+------+\n"
    )
    stars = "*" * 27
    assert ask(mysql, r"SELECT id, name FROM shop.people WHERE id = 2\G") == (
        f"{stars} 1. row {stars}\n  id: 2\nname: Bob\n"
    )
    assert "name\tvarchar(10)\tYES\t\tNULL\t\n" in ask(mysql, "DESCRIBE people", "shop")
    assert ask(mysql, "SELECT 1 + 1, database()", "-N") == "2\tNULL\n"


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("select * from shop.nosuch", "1146 (42S02) at line 1: Table 'shop.nosuch' doesn't exist"),
        ("use nosuch", "1049 (42000) at line 1: Unknown database 'nosuch'"),
        ("create table t (n int)", "1046 (3D000) at line 1: No database selected"),
        ("selec 1", "1064 (42000) at line 1: You have an error in your SQL syntax; check the "),
        ("start transaction", "1235 (42000) at line 1: the practice engine does not play "),
    ],
)
def test_what_it_refuses(mysql: Container, sql: str, complaint: str) -> None:
    assert ask(mysql, sql, code=1).startswith(f"ERROR {complaint}")


def test_nobody_comes_in_without_the_password(mysql: Container) -> None:
    denied = "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: "
    assert said(mysql, "mysql", "-e", "select 1", code=1) == f"{denied}NO)\n"
    guess = said(mysql, "mysql", "-uroot", "-pguess", "-e", "select 1", code=1)
    assert guess == f"{_WARNING}{denied}YES)\n"


def test_its_protocol_on_a_published_port(mysql: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        assert connection.recv(4096)[3:12] == b"\0\n8.4.11\0"


def test_a_volume_keeps_its_databases(server: PracticeServer) -> None:
    volumes = {"sqldata": {"bind": "/var/lib/mysql", "mode": "rw"}}
    run = server.client.containers.run
    environment = {"MARIADB_ROOT_PASSWORD": "x", "MARIADB_DATABASE": "kept"}
    ready = "mariadbd: ready for connections."
    first = run("mariadb:11", detach=True, volumes=volumes, environment=environment)
    logged(first, ready)
    client = ("mariadb", "-px", "kept", "-e")
    said(first, *client, "create table t (n int); insert into t values (41), (1)")
    assert said(first, "healthcheck.sh", "--connect") == ""
    first.remove(force=True)
    second = run("mariadb:11", detach=True, volumes=volumes)
    assert "Initializing" not in logged(second, ready)
    assert said(second, *client, "select sum(n) as n from t") == "n\n42\n"
