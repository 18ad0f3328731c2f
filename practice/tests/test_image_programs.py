"""The programs of the catalogue's images, one by one."""

from __future__ import annotations

from essaim_practice.programs import signals
from essaim_practice.programs.hosts import NO_NET
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.overview import Overview, SeenContainer, SeenNode, SeenTask
from essaim_practice.programs.steps import Interrupted, Write
from essaim_practice.servers import dashboards, httpd, node, traefik
from practice.tests.playing import Playing, context, played


def request(path: str, method: str = "GET", host: str = "web") -> HttpRequest:
    given = {"host": host}
    return HttpRequest(method, path, given, b"", "172.17.0.1", "web.1", "172.17.0.2", 1.7e9)


def test_apt_knows_no_package_before_its_lists_are_there() -> None:
    here = context("nginx", env={})
    failed = played(["apt-get", "install", "-y", "iputils-ping"], here)
    assert failed.code == 100
    assert b"E: Unable to locate package iputils-ping\n" in failed.output
    assert played(["apt-get", "update"], here).code == 0
    asked = played(["apt-get", "install", "procps"], here)
    assert (asked.code, asked.text.endswith("[Y/n] Abort.\n")) == (1, True)
    assert played(["apt-get", "install", "procps"], here, [b"\n"]).code == 0
    assert here.fs.exists("/usr/bin/top")
    assert played(["apt-get", "remove", "procps"], here).code == 0
    assert not here.fs.exists("/usr/bin/top")
    played(["rm", "-rf", "/var/lib/apt/lists/archive_InRelease"], here)
    assert played(["apt", "install", "-y", "curl"], here).code == 100


def site_of_httpd(*paths: str) -> list[HttpResponse]:
    here = context("nginx")
    here.fs.make_folder("/usr/local/apache2/htdocs/sub", parents=True)
    here.fs.write("/usr/local/apache2/htdocs/index.html", b"<h1>It works!</h1>\n")
    here.fs.write("/usr/local/apache2/htdocs/sub/a.css", b"a {}\n")
    running = httpd.httpd(["httpd-foreground"], here)
    assert running.site is not None
    return [running.site(request(path)) for path in paths]


def test_httpd_serves_its_files() -> None:
    home, style, folder, listing, missing, outside = site_of_httpd(
        "/", "/sub/a.css", "/sub", "/sub/", "/nope", "/../conf/httpd.conf"
    )
    assert (home.body, home.headers["Server"]) == (b"<h1>It works!</h1>\n", "Apache/2.4.65 (Unix)")
    assert (style.headers["Content-Type"], folder.status) == ("text/css", 301)
    assert b'<a href="a.css">' in listing.body
    assert [page.status for page in (missing, outside)] == [404, 404]
    assert home.log[0].data.endswith(b'"GET / HTTP/1.1" 200 19\n')


def test_httpd_logs_its_start_and_ends_gracefully() -> None:
    steps = httpd.httpd(["httpd-foreground"], context("nginx")).steps
    log = Playing().play(httpd.httpd(["httpd-foreground"], context("nginx"))).text
    assert "AH00558: httpd: Could not reliably determine" in log
    assert "AH00094: Command line: 'httpd -D FOREGROUND'\n" in log
    for _ in range(5):
        next(steps)
    said = steps.throw(Interrupted(signals.WINCH))
    assert isinstance(said, Write)
    assert b"AH00492: caught SIGWINCH, shutting down gracefully" in said.data


def overview(**labels: str) -> Overview:
    shown = SeenContainer("1" * 64, "who", "traefik/whoami", "running", "10.0.1.5", (80,), labels)
    node = SeenNode("n1", "node1", "manager", "ready", "drain", 4 * 2**30)
    task = SeenTask("t1", "<web>.1", "n1", "running", "nginx:latest")
    return Overview("node1", "28.5.2", True, 1, 2, 3, (node,), (task,), (shown,))


def test_the_visualizer_and_portainer_show_the_cluster() -> None:
    here = context("nginx", overview=overview)
    swarm = dashboards.visualizer(["npm", "start"], here)
    assert swarm.site is not None
    body = swarm.site(request("/")).body.decode()
    assert "<h2>node1</h2>" in body
    assert "manager, 4.0 GiB, ready, drain" in body
    assert "&lt;web&gt;.1 · nginx:latest · running" in body
    portainer = dashboards.portainer(["/portainer"], here)
    assert portainer.site is not None
    assert b"<td>traefik/whoami</td>" in portainer.site(request("/")).body
    alone = dashboards.visualizer(["npm", "start"], context("nginx"))
    assert alone.site is not None
    assert b"/var/run/docker.sock" in alone.site(request("/")).body


class Answering:
    """A network where one server answers all."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(NO_NET, name)

    def fetch(self, url: str, method: str, headers: dict[str, str], body: bytes) -> HttpResponse:
        self.asked.append((url, headers["x-forwarded-for"]))
        return HttpResponse(b"me\n")


def test_traefik_leads_requests_by_labels() -> None:
    net = Answering()
    rule = {"traefik.http.routers.who.rule": "Host(`who.localhost`) && PathPrefix(`/a`)"}
    here = context("nginx", net=net, overview=lambda: overview(**rule))
    running = traefik.traefik(["traefik", "--api.insecure=true", "--providers.docker"], here)
    assert running.ports == {80, 8080}
    assert running.site is not None
    answers = [
        running.site(request(path, host=host)).status
        for path, host in (("/a/b", "who.localhost"), ("/b", "who.localhost"), ("/a", "other"))
    ]
    assert answers == [200, 404, 404]
    assert net.asked == [("http://10.0.1.5:80/a/b", "172.17.0.1")]
    assert b"<td>who</td>" in running.site(request("/dashboard/")).body
    blind = traefik.traefik(["traefik"], here)
    assert blind.site is not None
    assert blind.site(request("/a", host="who.localhost")).status == 404


def test_node_tells_its_version_and_says_what_it_cannot_run() -> None:
    here = context("nginx", env={"NODE_VERSION": "18.20.8"})
    unplayed = "(simulated) the practice engine does not run JavaScript: [eval]\n"
    for words, said, code in (
        (["-v"], "v18.20.8\n", 0),
        (["-e", "console.log('a'); "], "a\n", 0),
        (["-e", "fetch('x')"], unplayed, 1),
    ):
        shown = Playing().play(node.node(["node", *words], here))
        assert (shown.text, shown.code) == (said, code)
    missing = Playing().play(node.node(["node", "server"], here))
    assert (missing.code, "Error: Cannot find module '/server'" in missing.text) == (1, True)
