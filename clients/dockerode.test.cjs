// The examples of dockerode's README.
const assert = require("node:assert");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { PassThrough } = require("node:stream");
const test = require("node:test");
const Docker = require("dockerode");

const docker = new Docker(); // reads DOCKER_HOST

function gathered() {
  const stream = new PassThrough();
  stream.text = "";
  stream.on("data", (bytes) => (stream.text += bytes));
  return stream;
}

function pulled(tag) {
  return new Promise((resolve, reject) =>
    docker.pull(tag, (refused, stream) => {
      if (refused) return reject(refused);
      docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output)));
    }),
  );
}

test("pull", async () => {
  const output = await pulled("ubuntu:latest");
  assert.match(output.at(-1).status, /Status: Downloaded newer image for ubuntu:latest|up to date/);
});

test("a refused pull is an error", async () => {
  await assert.rejects(pulled("nobody/has-this:tag"));
});

test("run, with a callback", (_, done) => {
  const out = gathered();
  docker.run("ubuntu", ["bash", "-c", "uname -a"], out, (error, data, container) => {
    assert.ifError(error);
    assert.equal(data.StatusCode, 0);
    assert.match(out.text, /Linux/);
    container.remove(done);
  });
});

test("run, with a promise and both streams", async () => {
  const [out, err] = [gathered(), gathered()];
  const line = ["bash", "-c", "echo good; echo bad >&2"];
  const [output, container] = await docker.run("ubuntu", line, [out, err], { Tty: false });
  assert.equal(output.StatusCode, 0);
  assert.deepEqual([out.text, err.text], ["good\n", "bad\n"]);
  await container.remove();
});

test("run in a network, removed at its end", async () => {
  const network = await docker.createNetwork({ Name: "my_network" });
  const out = gathered();
  const HostConfig = { AutoRemove: true, NetworkMode: "my_network" };
  // Some seconds, twenty times faster: `run` asks for its end after its start, and it must be there yet.
  const line = ["bash", "-c", "sleep 20; hostname -i"];
  const [output] = await docker.run("ubuntu", line, out, { name: "in-network", HostConfig });
  assert.equal(output.StatusCode, 0);
  assert.match(out.text, /^\d+\.\d+\.\d+\.\d+/);
  await network.remove();
});

test("a container's life", async () => {
  const container = await docker.createContainer({
    Image: "ubuntu",
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
    Cmd: ["/bin/bash", "-c", "tail -f /var/log/dpkg.log"],
    OpenStdin: false,
    StdinOnce: false,
    name: "life",
  });
  await container.start();
  assert.equal((await container.inspect()).State.Running, true);
  await container.resize({ h: process.stdout.rows || 24, w: process.stdout.columns || 80 });
  const listed = await docker.listContainers({ filters: { name: ["life"] } });
  assert.deepEqual(
    listed.map((each) => each.Names[0]),
    ["/life"],
  );
  await container.stop({ t: 1 });
  await container.remove();
  await assert.rejects(container.inspect(), { statusCode: 404 });
});

test("attach, and both streams apart", async () => {
  const container = await docker.createContainer({ Image: "ubuntu", Cmd: ["sh", "-c", "echo a; echo b >&2"] });
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const [out, err] = [gathered(), gathered()];
  container.modem.demuxStream(stream, out, err);
  const ended = new Promise((resolve) => stream.on("end", resolve));
  await container.start();
  await ended;
  assert.deepEqual([out.text, err.text], ["a\n", "b\n"]);
  await container.remove();
});

test("an exec with an input", async () => {
  const container = await docker.createContainer({ Image: "ubuntu", Cmd: ["sleep", "1000"] });
  await container.start();
  const exec = await container.exec({ Cmd: ["cat"], AttachStdin: true, AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  const out = gathered();
  docker.modem.demuxStream(stream, out, gathered());
  const ended = new Promise((resolve) => stream.on("end", resolve));
  stream.end("over and back\n");
  await ended;
  assert.equal(out.text, "over and back\n");
  assert.equal((await exec.inspect()).ExitCode, 0);
  await container.remove({ force: true });
});

test("logs are followed", async () => {
  const Cmd = ["sh", "-c", "for n in 1 2 3; do echo $n; sleep 1; done"];
  const container = await docker.createContainer({ Image: "ubuntu", Cmd });
  await container.start();
  const stream = await container.logs({ follow: true, stdout: true, stderr: true });
  const out = gathered();
  container.modem.demuxStream(stream, out, out);
  await new Promise((resolve) => stream.on("end", resolve));
  assert.equal(out.text, "1\n2\n3\n");
  await container.remove({ force: true });
});

test("build, of a folder and its files", async () => {
  const context = fs.mkdtempSync(path.join(os.tmpdir(), "dockerode-"));
  fs.writeFileSync(path.join(context, "Dockerfile"), 'FROM ubuntu\nCOPY file1 /\nCMD ["cat", "/file1"]\n');
  fs.writeFileSync(path.join(context, "file1"), "built\n");
  const stream = await docker.buildImage({ context, src: ["Dockerfile", "file1"] }, { t: "built" });
  await new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output)));
  });
  fs.rmSync(context, { recursive: true });
  const out = gathered();
  const [output, container] = await docker.run("built", [], out, {});
  assert.equal(output.StatusCode, 0);
  assert.equal(out.text.replace("\r", ""), "built\n");
  await container.remove();
});

test("stopping all containers", async () => {
  const container = await docker.createContainer({ Image: "ubuntu", Cmd: ["sleep", "1000"], StopSignal: "SIGKILL" });
  await container.start();
  const running = await docker.listContainers();
  await Promise.all(running.map((each) => docker.getContainer(each.Id).stop()));
  assert.equal((await docker.listContainers()).length, 0);
  await container.remove();
});

test("a service, and its tasks", async () => {
  const service = await docker.createService({
    Name: "web",
    TaskTemplate: { ContainerSpec: { Image: "nginx:alpine" } },
    Mode: { Replicated: { Replicas: 2 } },
  });
  let running = [];
  while (running.length < 2) {
    const tasks = await docker.listTasks({ filters: { service: ["web"] } });
    running = tasks.filter((task) => task.Status.State === "running");
  }
  const { Version, Spec } = await service.inspect();
  Spec.Mode.Replicated.Replicas = 3;
  await service.update({ ...Spec, version: Version.Index });
  assert.equal((await service.inspect()).Spec.Mode.Replicated.Replicas, 3);
  await service.remove();
});
