import assert from "node:assert/strict";
import { test } from "node:test";
import { HEADER, pythonScript, shellScript } from "../../core/live/browser/journal.js";

const clicked = { number: 0, time: 0, who: "10.0.0.1", machine: "", line: "docker node ls", code: 0, refused: "" };
const lines = [
  { ...clicked, python: "client.nodes.list()" },
  { ...clicked, number: 1, machine: "node2", line: "docker ps", python: "client.containers.list()" },
  { ...clicked, number: 2, machine: "node2", line: "docker rm x", python: "…", code: 1, refused: "exit code 1" },
];

test("the journal as a shell script", () => {
  const text = "#!/bin/sh\ndocker node ls\ndocker ps  # on node2\n# refused: docker rm x  # on node2\n";
  assert.equal(shellScript(lines), text);
});

test("the journal as a Python script", () => {
  const python =
    "\n# docker node ls\nclient.nodes.list()\n\n# docker ps  # on node2\nclient.containers.list()\n\n# refused: docker rm x\n";
  assert.equal(pythonScript(lines), HEADER + python);
  assert.equal(pythonScript([]), HEADER);
});

test("nothing that was typed gets out of a comment", () => {
  const typed = { ...clicked, line: "docker run x 'a\nevil\u2028\rmore'", python: "run()" };
  const refused = { ...typed, machine: "a\nevil", refused: "exit code 1" };
  const there = { ...typed, line: "docker ps", machine: "a\nevil\nmore" };
  assert.equal(
    shellScript([refused, there]),
    "#!/bin/sh\n# refused: docker run x 'a evil more'  # on a evil\ndocker ps  # on a evil more\n",
  );
  const python = "\n# docker run x 'a evil more'\nrun()\n\n# refused: docker run x 'a evil more'\n";
  assert.equal(pythonScript([typed, refused]), HEADER + python);
});
