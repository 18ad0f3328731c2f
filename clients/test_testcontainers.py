"""The examples of testcontainers' documentation: generic, nginx, Redis, PostgreSQL."""

import urllib.request

import sqlalchemy
from testcontainers.community.nginx import NginxContainer
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.waiting_utils import wait_for_logs


def page(container):
    host, port = container.get_container_host_ip(), container.get_exposed_port(80)
    with urllib.request.urlopen(f"http://{host}:{port}/") as answer:
        return answer.read().decode()


def test_generic():
    with DockerContainer("hello-world") as container:
        wait_for_logs(container, "Hello from Docker!")


def test_a_command_is_run_in_one():
    with DockerContainer("alpine:3.20").with_command("sleep infinity") as container:
        code, output = container.exec(["echo", "inside"])
    assert (code, output) == (0, b"inside\n")


def test_two_in_a_network_know_each_other():
    with Network() as network:
        web = DockerContainer("nginx:alpine").with_network(network).with_network_aliases("web")
        asker = DockerContainer("alpine").with_network(network).with_command("sleep infinity")
        with web, asker:
            wait_for_logs(web, "start worker process")
            code, output = asker.exec(["wget", "-qO-", "http://web"])
    assert code == 0
    assert b"Welcome to nginx!" in output


def test_nginx():
    with NginxContainer("nginx:1.27") as nginx:
        assert "Welcome to nginx!" in page(nginx)


def test_redis():
    with RedisContainer() as container:
        client = container.get_client(decode_responses=True)
        assert client.ping()
        client.set("key", "value")
        client.rpush("list", "a", "b")
        assert client.get("key") == "value"
        assert client.lrange("list", 0, -1) == ["a", "b"]
        client.close()


def test_postgres():
    with PostgresContainer("postgres:16", driver="psycopg") as postgres:
        engine = sqlalchemy.create_engine(postgres.get_connection_url())
        with engine.begin() as connection:
            (version,) = connection.execute(sqlalchemy.text("select version()")).fetchone()
            connection.execute(
                sqlalchemy.text("create table pets (id serial primary key, name text)")
            )
            connection.execute(sqlalchemy.text("insert into pets (name) values ('rex'), ('tom')"))
            names = connection.execute(
                sqlalchemy.text("select name from pets order by id")
            ).scalars()
            assert list(names) == ["rex", "tom"]
        engine.dispose()
    assert version.startswith("PostgreSQL 16")


def test_its_ryuk_removes_what_is_left():
    import docker

    client = docker.from_env()
    reapers = client.containers.list(filters={"ancestor": "testcontainers/ryuk:0.8.1"})
    client.close()
    assert len(reapers) == 1
