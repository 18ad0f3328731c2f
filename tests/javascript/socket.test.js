import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Component, mount } from "../../core/live/browser/component.js";
import { follow } from "../../core/live/browser/socket.js";

globalThis.location = { origin: "http://essaim" };
/** The sockets that were opened, and what waits for its time. */
let sockets = [];
let waiting = [];
globalThis.setTimeout = (then) => waiting.push(then);
const later = () => waiting.splice(0).forEach((then) => then());
globalThis.WebSocket = class {
  constructor(address) {
    this.address = address;
    sockets.push(this);
  }
  hear(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close() {
    this.onclose();
  }
};

beforeEach(() => {
  sockets = [];
  waiting = [];
});

/** Follow a cluster, each test its own; what the follower hears. */
function followed(cluster) {
  const heard = [];
  const follower = { receive: (message) => heard.push(message), link: (linked) => heard.push(linked) };
  const end = follow({ files: "/live/abc", language: "en", cluster }, follower);
  return { heard, end };
}

test("a patch is applied to the message before", () => {
  const { heard } = followed("patch");
  sockets[0].hear({ topic: "votes", number: 1, votes: 1, phase: "open" });
  sockets[0].hear({ topic: "votes", number: 3, since: 1, patch: { votes: [2] } });
  assert.deepEqual(heard.at(-1), { topic: "votes", number: 3, votes: 2, phase: "open" });
});

test("a patch on a message that was missed asks for everything again", () => {
  const { heard } = followed("missed");
  sockets[0].onopen();
  sockets[0].hear({ topic: "votes", number: 1, votes: 1 });
  sockets[0].hear({ topic: "votes", number: 4, since: 3, patch: { votes: [2] } });
  assert.equal(heard.at(-1), false);
  later();
  assert.equal(sockets.length, 2);
  sockets[1].onopen();
  assert.equal(heard.at(-1), true);
});

test("followers of one cluster share a socket, and a later one hears the latest", () => {
  const first = followed("shared");
  sockets[0].hear({ topic: "votes", number: 1, votes: 1 });
  const second = followed("shared");
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].address, "ws://essaim/live/socket?lang=en&cluster=shared");
  assert.deepEqual(second.heard, [null, { topic: "votes", number: 1, votes: 1 }]);
  first.end();
  second.end();
  later();
  assert.equal(followed("shared").heard.length, 1); // another socket, which has heard nothing
  assert.equal(sockets.length, 2);
});

test("a component stays while its page's script runs again, and follows what the page shows", () => {
  const drawn = [];
  const made = mount(
    class extends Component {
      topics = ["votes"];
      draw(topic) {
        drawn.push([topic, this.data.cluster, this.news.votes?.votes]);
      }
    },
  );
  const place = {};
  const run = (cluster) => made({ data: { files: "/live/abc", language: "en", cluster }, parentElement: place });
  run("one");
  sockets[0].hear({ topic: "votes", number: 1, votes: 1 });
  sockets[0].hear({ topic: "pulse", number: 1 });
  const close = run("two");
  sockets[0].hear({ topic: "votes", number: 2, votes: 9 });
  sockets[1].hear({ topic: "votes", number: 1, votes: 2 });
  assert.deepEqual(drawn, [
    [undefined, "one", undefined],
    ["votes", "one", 1],
    [undefined, "two", 1],
    ["votes", "two", 2],
  ]);
  close();
  sockets[1].hear({ topic: "votes", number: 2, votes: 3 });
  assert.equal(drawn.length, 4);
});
