// The line at the top of every page: which engine, and how old what is shown may be. It also tells
// Streamlit when the widgets and tables of the page are made from something that has changed.

import { mount } from "./socket.js";

const STALE_MS = 3000; // without a pulse for this long, the picture is said to be old
const LINKING_MS = 10000; // how long the server may take to let a new page in
const TELL_MS = 1000; // at most one run of the script in this time
const HANDS_MS = 600; // and none so soon after the viewer did something

const AGAIN_MS = 1000; // between two tries to have the page drawn by a server that was started again
const SAID_MS = 10000; // how long that is told
const HELD_MS = 15000; // how old a press may be that waited for it

let touched = 0;
let held = null; // while the page is not yet the new server's: {target, at} of a press, or {}
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(
    kind,
    () => {
      touched = Date.now();
    },
    { capture: true, passive: true },
  );
}

// A server that has just started knows none of the page's buttons before it has drawn it: a press
// would do nothing. So it waits until then.
addEventListener(
  "click",
  (event) => {
    const target = event.target.closest?.("[data-testid=stMain] button");
    if (!held || !target || target.closest(".essaim-console")) return;
    event.stopPropagation();
    event.preventDefault();
    held = { target, at: Date.now() };
  },
  { capture: true },
);

// A run that starts now would overtake the one that a press has just started, and the press be lost.
function busy() {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.dataset.testScriptState === "running" || Date.now() - touched < HANDS_MS;
}

class Status {
  constructor(component) {
    this.opened = Date.now();
    this.linked = null;
    this.line = component.parentElement.querySelector(".essaim-status");
    this.update(component);
    this.timer = setInterval(() => this.say(), 500);
    // Streamlit's own connection may be back before ours.
    const app = document.querySelector("[data-testid=stApp]");
    this.watch = new MutationObserver(() => {
      if (app.dataset.testConnectionState !== "CONNECTED") this.cut = true;
      else if (this.cut) this.renew();
    });
    this.watch.observe(app, { attributeFilter: ["data-test-connection-state"] });
  }

  update(component) {
    this.component = component;
    document.documentElement.lang = component.data.language; // for who reads aloud, and translators
    this.cut = false;
    this.renew();
    this.told = component.data.revision;
    this.shape = component.data.shape;
    if (this.news) this.tell(); // the run may have been older than what was pushed meanwhile
    this.say();
  }

  link(linked) {
    this.linked = linked;
    this.say();
  }

  // Until the page is drawn by the server that answers now, another one is asked for.
  renew() {
    clearTimeout(this.renewing);
    const other = Boolean(this.server) && this.server !== this.component.data.instance;
    if (!other && !this.cut) {
      if (held) this.letGo();
      return;
    }
    held ||= {};
    if (other) this.again = Date.now();
    this.component.setTriggerValue("changed", Date.now());
    this.renewing = setTimeout(() => this.renew(), AGAIN_MS);
  }

  // What was pressed meanwhile is pressed now: its script has ended, so all buttons are known.
  letGo() {
    if (document.querySelector("[data-testid=stApp]").dataset.testScriptState !== "notRunning") {
      this.renewing = setTimeout(() => this.renew(), 100);
      return;
    }
    const press = held;
    held = null;
    if (press.target?.isConnected && Date.now() - press.at < HELD_MS) press.target.click();
  }

  receive(message) {
    if (message.topic === "server") {
      this.server = message.instance;
      this.renew();
    }
    if (message.topic !== "cluster" && message.topic !== "pulse") return;
    // The server's clock may differ from ours: the smallest delay seen is taken for the difference.
    const lag = Date.now() - message.time * 1000;
    this.skew = Math.min(this.skew ?? lag, lag);
    this.heard = message.time * 1000 + this.skew;
    this.trouble = message.trouble;
    if (message.topic === "cluster") {
      this.news = message;
      this.tell();
    }
    this.say();
  }

  // `watch` is what the page's widgets are made of: "shape" (services, nodes, rights; not single
  // tasks) or "all".
  tell() {
    const { watch } = this.component.data;
    const fresh = watch === "shape" ? this.news.shape !== this.shape : this.news.revision > this.told;
    if (!fresh || this.telling) return;
    const wait = Math.max(0, (this.last || 0) + TELL_MS - Date.now());
    this.telling = setTimeout(() => this.tellNow(), wait);
  }

  tellNow() {
    if (busy()) {
      this.telling = setTimeout(() => this.tellNow(), 150);
      return;
    }
    this.telling = null;
    this.last = Date.now();
    this.told = this.news.revision;
    this.shape = this.news.shape;
    this.component.setTriggerValue("changed", this.news.revision);
  }

  say() {
    const { words, engine } = this.component.data;
    const age = this.heard ? Math.max(0, Date.now() - this.heard) : null;
    const linking = this.linked === null && Date.now() - this.opened < LINKING_MS;
    const unlinked = !this.linked && !linking;
    const stale = !this.linked || Boolean(this.trouble) || age === null || age > STALE_MS;
    let text = words.live;
    if (linking) text = words.linking;
    else if (unlinked) text = words.unlinked;
    else if (Date.now() - this.again < SAID_MS) text = words.again;
    else if (age === null) text = words.waiting;
    else if (stale) text = words.stale.replace("{seconds}", Math.round(age / 1000));
    if (this.linked && this.trouble) text += ` — ${this.trouble}`;
    // Old is what was heard once; where nothing was heard yet, the dot promises nothing.
    this.line.dataset.stale = String(unlinked || (stale && age !== null));
    this.line.dataset.waiting = String(!unlinked && age === null);
    document.documentElement.dataset.essaimStale = this.line.dataset.stale;
    const full = `${engine} · ${text}`;
    if (this.line.textContent !== full) this.line.textContent = full;
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.telling);
    clearTimeout(this.renewing);
    this.watch.disconnect();
    this.stop();
  }
}

export default mount(Status);
