"""The course's three labs, each line typed as it is printed there, from three empty machines.

Nothing is done by a click. A second tab has the lab open: its check of each step turns green.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Look, dashboard
from tests.browser.test_labs import Course
from tests.browser.test_machines import PROMPT, open_machine, screen

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)

INSIDE = re.compile(r"/ #\s*$")
MORE = re.compile(r">\s*$")

APP = """\
import streamlit as st
st.title('My first app in a container')
st.write('It was built with docker build.')
st.line_chart([1, 3, 2, 4, 5, 3])"""

DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY app.py .
RUN pip install streamlit
EXPOSE 8080
CMD ["streamlit", "run", "app.py", "--server.port=8080", "--server.address=0.0.0.0"]"""


class Machines:
    """The terminals of a console page; lines go to the one in front."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def on(self, name: str) -> None:
        open_machine(self.page, name)

    def type(self, line: str, after: re.Pattern[str] = PROMPT) -> None:
        """Type a line once what waits for one is shown: the machine's prompt, or another."""
        expect(screen(self.page)).to_have_text(after)
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")

    def shown(self, what: str | re.Pattern[str]) -> None:
        expect(screen(self.page)).to_contain_text(what)

    def printed(self, line: str) -> str:
        """All that a line prints, which is little."""
        self.type("clear")
        expect(screen(self.page)).to_have_text(re.compile(r"^\[[^$]*\$\s*$"))
        self.type(line)
        expect(screen(self.page)).to_have_text(re.compile(r"\(local\).*\(local\)[^$]*\$\s*$"))
        rows = screen(self.page).locator("> div").all_inner_texts()
        rows = [row.replace("\xa0", " ").rstrip() for row in rows]
        last = max(at for at, row in enumerate(rows) if row.startswith("["))
        return "\n".join(rows[2:last])


def test_the_three_labs_line_by_line(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_SWARM="empty") as essaim:
        course = Course(look(f"{essaim}/labs?lab=lab1"), essaim, "lab1", "en")
        course.desk.set_viewport_size({"width": 1900, "height": 1000})  # no line of docker ps wraps
        course.go("console")
        machines = Machines(course.desk)
        machines.on("node1")
        lab_one(machines, course)
        lab_two(machines, learn(course, "lab2"))
        lab_three(machines, learn(course, "lab3"))


def learn(course: Course, lab: str) -> Course:
    """The next lab, in the same tabs."""
    course.lab.goto(f"{course.address}/labs?lab={lab}")
    following = Course(course.lab, course.address, lab, "en")
    following.desk.close()
    following.desk = course.desk
    following.lab.bring_to_front()
    return following


def lab_one(on: Machines, course: Course) -> None:
    on.type("docker version")
    on.shown("Server:")
    on.type("docker info")
    on.shown("Live Restore Enabled")
    on.type("docker container run hello-world")
    on.shown("Hello from Docker!")
    course.done("first")
    on.type("docker image pull alpine")
    on.shown("docker.io/library/alpine:latest")
    course.done("pull")
    assert "alpine" in on.printed("docker image ls")
    on.type("docker container run alpine ls -l")
    on.shown("drwxr-xr-x")
    course.done("ls")
    on.type('docker container run alpine echo "hello from alpine')  # the course's own slip
    on.type('"', MORE)
    on.shown("hello from alpine")
    course.done("echo")
    on.type("docker container run -it alpine /bin/sh")
    on.type("ls -l", INSIDE)
    on.type("uname -a", INSIDE)
    on.shown("Linux")
    on.type("exit", INSIDE)
    course.done("shell")
    on.type("docker container run -it alpine /bin/sh")
    on.type("exit", INSIDE)
    on.type("docker container run -it alpine /bin/sh")
    course.done("three")
    on.type('echo "hello world" > hello.txt', INSIDE)
    on.type("exit", INSIDE)
    course.done("hello")
    listed = on.printed("docker container ls -a")
    assert listed.count("Exited (0)") == listed.count("\n")
    third = next(line for line in listed.split("\n") if "/bin/sh" in line).split()[0]
    assert "hello.txt" not in on.printed("docker container run alpine ls")
    course.done("isolation")
    on.type(f"docker container start -i {third}")
    on.type("ls", INSIDE)
    on.type("cat hello.txt", INSIDE)
    on.shown("hello world")
    on.type("exit", INSIDE)
    course.done("again")
    on.type(f"docker container start {third}")
    assert "hello.txt" in on.printed(f"docker container exec {third} ls")
    course.done("exec")
    assert third in on.printed("docker container ls")
    assert on.printed(f"docker container kill {third}") == third
    course.done("kill")
    assert on.printed(f"docker container rm {third}") == third
    on.type("docker container rm $(docker container ls -aq)")
    course.done("clean")


def lab_two(on: Machines, course: Course) -> None:
    on.type("mkdir streamlit_app && cd streamlit_app")
    first, *more = f'echo "{APP}" > app.py'.split("\n")
    on.type(first)
    for line in more:
        on.type(line, MORE)
    assert on.printed("cat app.py") == APP
    first, *more = f"cat > Dockerfile << EOF\n{DOCKERFILE}\nEOF".split("\n")
    on.type(first)
    for line in more:
        on.type(line, MORE)
    on.type("docker build -t my-streamlit-app .")
    on.shown("Successfully tagged my-streamlit-app:latest")
    course.done("build")
    first = on.printed("docker run -d -p 8080:8080 my-streamlit-app")[:12]
    course.done("run")
    on.printed("docker run -d -p 8081:8080 my-streamlit-app")
    course.done("second")
    on.type("""echo 'st.write("Version 2")' >> app.py""")
    on.type("docker build -t my-streamlit-app .")
    course.done("change")
    on.printed("docker run -d -p 8082:8080 my-streamlit-app")
    course.done("renew")
    assert on.printed("docker ps").count("my-streamlit-app") == 1  # two have lost the name
    assert on.printed("docker ps -a").count(" Up ") == 3
    on.type(f"docker logs {first}")
    on.shown("You can now view your Streamlit app in your browser.")
    assert on.printed(f"docker stop -t 1 {first}") == first
    on.type("docker stop -t 1 $(docker ps -q)")
    course.done("stop")
    assert on.printed(f"docker rm {first}") == first
    course.done("remove")
    on.type("docker container prune")
    on.type("y", re.compile(r"\[y/N\]\s*$"))
    on.shown("Total reclaimed space")
    course.done("prune")


def lab_three(on: Machines, course: Course) -> None:
    made = on.printed("docker swarm init --advertise-addr $(hostname -i)")
    course.done("init")
    join = re.search(r"docker swarm join --token \S+\s+\S+:2377", made)
    assert join
    line = " ".join(join[0].split())
    on.on("node2")
    on.type(f"{line})")  # the course's own slip
    on.shown('syntax error: unexpected ")"')
    for name in ("node2", "node3"):
        on.on(name)
        on.type(line)
        on.shown("This node joined a swarm as a worker.")
    on.on("node1")
    course.done("join")
    assert on.printed("docker node ls").count("Ready") == 3
    on.type("docker service create -p 80:80 --name web nginx:latest")
    on.shown("converged")
    course.done("create")
    assert "1/1" in on.printed("docker service ls")
    on.on("node3")
    on.type("curl http://localhost:80")
    on.shown("nginx")
    on.on("node1")
    course.done("reach")
    on.type("docker service scale web=15")
    course.done("scale")
    assert on.printed("docker service ps web").count("nginx:latest") == 15
    on.type("for i in $(seq 15); do curl http://localhost:80; done")
    course.done("balance")
    on.type("docker node update --availability drain node2")
    course.done("drain")
    assert "Shutdown" in on.printed("docker service ps web | grep node2")
    on.type("docker node update --availability active node2")
    course.done("activate")
    on.type("docker service scale web=10")
    course.done("fewer")
    on.type("docker service update --force web")
    course.done("rebalance")
    assert on.printed("docker service rm web") == "web"
    course.done("remove")
    assert "web" not in on.printed("docker service ls")
