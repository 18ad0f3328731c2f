// The line at the top of every page: which engine, and how old what is shown may be. It also tells
// Streamlit when the widgets and tables of the page are made from something that has changed.

import { mount } from "./socket.js";

const STALE_MS = 3000; // without a pulse for this long, the picture is said to be old
const TELL_MS = 1000; // at most one run of the script in this time
const HANDS_MS = 600; // and none so soon after the viewer did something

let touched = 0;
for (const kind of ["pointerdown", "keydown"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
}

// A run that starts now would overtake the one that a press has just started, and the press be lost.
function busy() {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.dataset.testScriptState === "running" || Date.now() - touched < HANDS_MS;
}

class Status {
  constructor(component) {
    this.line = component.parentElement.querySelector(".essaim-status");
    this.update(component);
    this.timer = setInterval(() => this.say(), 500);
  }

  update(component) {
    this.component = component;
    document.documentElement.lang = component.data.language; // for who reads aloud, and translators
    this.told = component.data.revision;
    this.shape = component.data.shape;
    if (this.news) this.tell(); // the run may have been older than what was pushed meanwhile
    this.say();
  }

  link(linked) {
    this.linked = linked;
    this.say();
  }

  receive(message) {
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
    const stale = !this.linked || Boolean(this.trouble) || age === null || age > STALE_MS;
    let text = words.live;
    if (!this.linked) text = words.unlinked;
    else if (age === null) text = words.waiting;
    else if (stale) text = words.stale.replace("{seconds}", Math.round(age / 1000));
    if (this.linked && this.trouble) text += ` — ${this.trouble}`;
    this.line.dataset.stale = String(stale && age !== null);
    document.documentElement.dataset.essaimStale = this.line.dataset.stale;
    const full = `${engine} · ${text}`;
    if (this.line.textContent !== full) this.line.textContent = full;
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.telling);
    this.stop();
  }
}

export default mount(Status);
