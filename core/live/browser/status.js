// The line at the top of every page: which engine, and how old the picture may be. It also tells Streamlit when the
// widgets and tables of the page are made from something that has changed.

import { Component, mount } from "./component.js";
import { setText } from "./dom.js";
import { mend } from "./mended.js";
import "./presses.js";
import { fill } from "./texts.js";

/** @import { Message, News, PageData, Run, Topic, Words } from "./types" */
/**
 * @typedef {PageData & { instance: string, watch: string, engine: string, revision: number, shape: string,
 *   words: Words, names: Words }} Data names: see mended.js; watch: "shape" (services, nodes, rights; not single tasks) or "all"
 */

const STALE_MS = 3000; // without a pulse for this long, the picture is said to be old
const LINKING_MS = 10000; // how long the server may take to let a new page in
const TELL_MS = 1000; // at most one run of the script in this time
const HANDS_MS = 600; // and none so soon after the viewer did something

const AGAIN_MS = 1000; // between two tries to have the page drawn by a server that was started again
const SAID_MS = 10000; // how long that is told
const HELD_MS = 15000; // how old a press may be that waited for it

let touched = 0;
/** @type {{ target?: HTMLElement, at: number } | null} a press, while the page is not yet the new server's */
let held = null;
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => (touched = Date.now()), { capture: true, passive: true });
}

// A server that has just started knows none of the page's buttons before it has drawn it, and a press would do
// nothing. So the press waits until then.
addEventListener(
  "click",
  (event) => {
    const clicked = event.target instanceof Element ? event.target : null;
    /** @type {HTMLElement | null | undefined} */ const target = clicked?.closest("[data-testid=stMain] button");
    if (!held || !target || target.closest(".essaim-console")) return;
    event.stopPropagation();
    event.preventDefault();
    held = { target, at: Date.now() };
  },
  { capture: true },
);

/** Streamlit's own element, whose data tells what it is doing. */
function app() {
  return /** @type {HTMLElement} */ (document.querySelector("[data-testid=stApp]"));
}

/** @extends {Component<Data>} */
class Status extends Component {
  /** @type {Topic[]} */ topics = ["server", "cluster", "pulse"];
  opened = Date.now();
  /** @type {boolean | null} */ linked = null;
  cut = false; // whether Streamlit's connection was lost since the page was drawn
  again = -Infinity; // when the page was last drawn anew
  last = 0; // when the script was last told
  told = 0; // the revision
  shape = "";
  skew = Infinity; // ms between the server's clock and ours: the smallest delay seen
  /** @type {number | null} */ heard = null; // when the engine was last heard, by our clock
  trouble = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */ telling;

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.line = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-status"));
    this.timer = setInterval(() => this.draw(), 500);
    // Streamlit's own connection may be back before ours.
    this.watch = new MutationObserver(() => {
      if (app().dataset.testConnectionState !== "CONNECTED") this.cut = true;
      else if (this.cut) this.renew();
    });
    this.watch.observe(app(), { attributeFilter: ["data-test-connection-state"] });
  }

  update(/** @type {Run<Data>} */ run) {
    this.run = run;
    document.documentElement.lang = run.data.language; // for screen readers and translators
    this.cut = false;
    this.renew();
    this.told = run.data.revision;
    this.shape = run.data.shape;
    if (this.news.cluster) this.tell(); // the run may have been older than what was pushed meanwhile
    super.update(run);
  }

  link(/** @type {boolean | null} */ linked) {
    this.linked = linked;
    this.draw();
  }

  /** Ask for the page until the server that answers now has drawn it. */
  renew() {
    clearTimeout(this.renewing);
    const other = this.news.server && this.news.server.instance !== this.data.instance;
    if (!other && !this.cut) {
      if (held) this.letGo();
      return;
    }
    held ||= { at: 0 };
    if (other) this.again = Date.now();
    this.send("changed", Date.now());
    this.renewing = setTimeout(() => this.renew(), AGAIN_MS);
  }

  /** Press now what was pressed meanwhile: the script has ended, so the server knows all buttons. */
  letGo() {
    if (app().dataset.testScriptState !== "notRunning") {
      this.renewing = setTimeout(() => this.renew(), 100);
      return;
    }
    const press = held;
    held = null;
    if (press?.target?.isConnected && Date.now() - press.at < HELD_MS) press.target.click();
  }

  receive(/** @type {Message} */ message) {
    if (message.topic === "cluster" || message.topic === "pulse") {
      this.skew = Math.min(this.skew, Date.now() - message.time * 1000);
      this.heard = message.time * 1000 + this.skew;
      this.trouble = message.trouble;
    }
    super.receive(message);
    if (message.topic === "server") this.renew();
    if (message.topic === "cluster") this.tell();
  }

  tell() {
    const { cluster } = this.news;
    if (!cluster || this.telling) return;
    const fresh = cluster.shape !== this.shape || (this.data.watch !== "shape" && cluster.revision > this.told);
    if (fresh) this.telling = setTimeout(() => this.tellNow(), Math.max(0, this.last + TELL_MS - Date.now()));
  }

  tellNow() {
    // A run that starts now would overtake the one that a press has just started, and the press be lost.
    if (app()?.dataset.testScriptState === "running" || Date.now() - touched < HANDS_MS) {
      this.telling = setTimeout(() => this.tellNow(), 150);
      return;
    }
    const { revision, shape } = /** @type {News["cluster"]} */ (this.news.cluster);
    Object.assign(this, { telling: undefined, last: Date.now(), told: revision, shape });
    this.send("changed", revision);
  }

  draw() {
    const { words, engine, names } = this.data;
    mend(names);
    const age = this.heard === null ? null : Math.max(0, Date.now() - this.heard);
    const linking = this.linked === null && Date.now() - this.opened < LINKING_MS;
    const unlinked = !this.linked && !linking;
    const stale = !this.linked || Boolean(this.trouble) || age === null || age > STALE_MS;
    let text = words.live;
    if (linking) text = words.linking;
    else if (unlinked) text = words.unlinked;
    else if (Date.now() - this.again < SAID_MS) text = words.again;
    else if (age === null) text = words.waiting;
    else if (stale) text = fill(words.stale, { seconds: Math.round(age / 1000) });
    if (this.linked && this.trouble) text += ` — ${this.trouble}`;
    // A picture can only be old once it was heard: before that, the dot promises nothing.
    this.line.dataset.stale = String(unlinked || (stale && age !== null));
    this.line.dataset.waiting = String(!unlinked && age === null);
    document.documentElement.dataset.essaimStale = this.line.dataset.stale;
    setText(this.line, `${engine} · ${text}`);
  }

  close() {
    super.close();
    clearInterval(this.timer);
    clearTimeout(this.telling);
    clearTimeout(this.renewing);
    this.watch.disconnect();
  }
}

export default mount(Status);
