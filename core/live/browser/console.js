// The console: a prompt with history and completion, what was answered, and the open terminals.
// All of it goes over one websocket of its own, which a one-time ticket from the page opens.

import { inked } from "./ink.js";
import { copy, element } from "./parts.js";
import { Prompt } from "./prompt.js";

const RETRY_MS = 700;
const COPIED_MS = 4000;
// What a phone's keyboard lacks and a terminal wants.
const KEYS = [
  ["Ctrl-C", "\x03"],
  ["Ctrl-D", "\x04"],
  ["Tab", "\t"],
  ["↑", "\x1b[A"],
  ["↓", "\x1b[B"],
];

class Console {
  constructor(component) {
    this.root = component.parentElement.querySelector(".essaim-console");
    this.component = component;
    this.words = component.data.words;
    this.screens = new Map(); // open terminals by key
    this.unsaid = [];
    this.build();
    this.update(component);
  }

  build() {
    const { words } = this;
    this.entries = new Map();
    this.root.replaceChildren();
    this.tabs = element("div", "essaim-tabs", this.root);
    this.tabs.setAttribute("role", "tablist");
    this.tab = this.makeTab(words.console, () => this.show(""));
    this.panel = element("div", "essaim-panel", this.root);
    this.output = element("div", "essaim-output", this.panel);
    this.output.setAttribute("role", "log");
    this.output.tabIndex = 0;
    this.output.setAttribute("aria-label", words.console);
    this.prompt = new Prompt(this.panel, words, {
      run: (text) => this.run(text),
      complete: (text) => this.say({ do: "complete", text }),
      interrupt: () => this.say({ do: "interrupt" }),
    });
    this.output.onclick = () => {
      if (!String(getSelection())) this.prompt.focus();
    };
    this.stage = element("div", "essaim-stage", this.root);
    const keys = element("div", "essaim-tools essaim-keys", this.root);
    for (const [name, sent] of KEYS) {
      const key = element("button", "", keys);
      key.type = "button";
      key.textContent = name;
      key.onclick = () => this.screens.get(this.shown)?.press(sent);
    }
    const tools = element("div", "essaim-tools", this.root);
    for (const kind of ["shell", "python"]) {
      const button = element("button", "", tools);
      button.type = "button";
      button.textContent = words[kind];
      button.onclick = () => {
        copy(this.scripts?.[kind] || "");
        this.note.textContent = words.copied;
        setTimeout(() => {
          this.note.textContent = "";
        }, COPIED_MS);
      };
    }
    const clear = element("button", "", tools);
    clear.type = "button";
    clear.textContent = words.clear;
    clear.onclick = () => this.run("clear");
    this.note = element("span", "essaim-note", tools);
    this.note.setAttribute("role", "status");
    this.show("");
  }

  // A later run of the page's script: perhaps a fresh ticket, another place, a line to type or run.
  update(component) {
    this.component = component;
    const { place, language, line, run, instance, unlocked } = component.data;
    // A server that was started again has another cluster; what this viewer saw stays.
    const again = this.instance !== instance && this.unlocked === unlocked;
    [this.instance, this.unlocked] = [instance, unlocked];
    const moved = this.place !== place && !again;
    if (this.place !== undefined && (moved || this.language !== language)) {
      this.words = component.data.words;
      this.leave();
      this.build();
    }
    [this.place, this.language] = [place, language];
    if (line && line !== this.typed) {
      this.typed = line;
      this.prompt.set(line);
    }
    if (run && sessionStorage.getItem("essaim-console-run") !== run.id) {
      sessionStorage.setItem("essaim-console-run", run.id);
      this.pending = run.line;
    }
    if (!this.socket) this.connect();
    else this.runPending();
  }

  connect() {
    clearTimeout(this.retry);
    const { ticket, files } = this.component.data;
    if (!ticket || ticket === this.used) {
      // This one is used: another run of the page's script brings the next.
      this.component.setTriggerValue("again", Date.now());
      this.retry = setTimeout(() => {
        if (!this.socket) this.connect();
      }, 5 * RETRY_MS);
      return;
    }
    this.used = ticket;
    if (!this.output.childElementCount) this.remark("welcome", this.words.waiting);
    this.server = `${location.origin}${files}`.replace(/^http/, "ws").replace(/live\/[^/]*$/, "");
    const socket = (this.socket = new WebSocket(`${this.server}console/socket`));
    const session = sessionStorage.getItem(this.memory());
    socket.onopen = () => socket.send(JSON.stringify({ ticket, session, language: this.language }));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.ready = false;
      this.retry = setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  remark(kind, text) {
    element("p", `essaim-${kind}`, this.output).textContent = text;
  }

  // What comes now is either all that is shown already, from the same session, or another session:
  // then what was answered before stays, and is told from what follows.
  begin({ key, history, settled }) {
    const known = key === sessionStorage.getItem(this.memory());
    if (!known && this.output.querySelector(".essaim-entry")) {
      this.remark("past", this.words.again);
      for (const shown of this.output.children) shown.dataset.past = "true";
      for (const stop of this.output.querySelectorAll(".essaim-stop")) stop.remove();
    } else {
      this.output.replaceChildren();
      this.remark("welcome", this.words.welcome);
    }
    sessionStorage.setItem(this.memory(), key);
    this.entries = new Map();
    this.settled = settled;
    this.prompt.remember(`${this.memory()}-history`, history);
  }

  memory() {
    return `essaim-console-${this.place}`;
  }

  // What is said before the session is there waits for it.
  say(message) {
    if (this.ready) this.socket.send(JSON.stringify(message));
    else this.unsaid.push(message);
  }

  run(text) {
    this.say({ do: "run", text });
  }

  runPending() {
    if (!this.ready || !this.pending) return;
    this.run(this.pending);
    this.pending = null;
  }

  receive(message) {
    switch (message.topic) {
      case "session":
        this.begin(message);
        this.ready = true;
        for (const unsaid of this.unsaid.splice(0)) this.say(unsaid);
        this.wish = sessionStorage.getItem(`${this.memory()}-front`);
        this.runPending();
        break;
      case "entry":
        this.entry(message);
        break;
      case "cleared":
        for (const past of this.output.querySelectorAll("[data-past]")) past.remove();
        for (const [number, shown] of this.entries) {
          if (number <= message.upto) {
            shown.remove();
            this.entries.delete(number);
          }
        }
        break;
      case "terminals":
        this.terminals(message.terminals);
        break;
      case "seat":
        this.screens.get(message.terminal)?.seat(message.ticket);
        break;
      case "completion":
        this.prompt.offer(message);
        break;
      case "scripts":
        this.scripts = message;
        break;
    }
  }

  entry({ number, line, kind, text, terminal }) {
    const atEnd = this.output.scrollHeight - this.output.scrollTop - this.output.clientHeight < 60;
    let shown = this.entries.get(number);
    if (!shown) {
      // By its number: a feed sends what has changed last, so a later line may come first.
      const later = [...this.entries].filter(([each]) => each > number);
      const [, next] = later.sort(([a], [b]) => a - b)[0] || [];
      shown = element("div", "essaim-entry");
      this.output.insertBefore(shown, next || null);
      element("div", "essaim-line", shown);
      element("pre", "essaim-answer", shown);
      this.entries.set(number, shown);
    }
    const [typed, answer, stop] = shown.children;
    if (kind === "going" && !stop) this.stopButton(shown);
    else if (kind !== "going") stop?.remove();
    typed.textContent = line;
    // What a line has just opened is what its viewer wants to see; what comes back is shown as it was.
    if (kind === "terminal" && number > this.settled && shown.dataset.kind !== kind) this.wish = terminal;
    shown.dataset.kind = kind;
    // Columns must not wrap: they scroll. All else wraps, so that a token is read to its end.
    answer.dataset.table = String(/^[A-Z][A-Z /]*? {2,}[A-Z]/.test(text));
    this.prompt.asked = Boolean(this.output.querySelector("[data-kind=asking]"));
    if (kind === "terminal") answer.textContent = this.words.opened.replace("{title}", text);
    else if (kind === "help") answer.replaceChildren(...text.split("\n").map(hanging));
    else answer.replaceChildren(...inked(kind === "skipped" ? this.words.skipped : text));
    if (atEnd || kind === "waiting") {
      // The end of an answer, but the beginning of what is to be read.
      const top = shown.offsetTop - this.output.offsetTop - 10;
      this.output.scrollTop = kind === "help" ? top : this.output.scrollHeight;
    }
  }

  // What goes on until it is stopped has Ctrl-C to press, as a phone has none.
  stopButton(shown) {
    const stop = element("button", "essaim-stop", shown);
    stop.type = "button";
    stop.textContent = this.words.stop;
    stop.onclick = () => {
      this.say({ do: "interrupt" });
      this.prompt.focus();
    };
  }

  async terminals(open) {
    const keys = new Set(open.map(({ key }) => key));
    for (const [key, screen] of this.screens) {
      if (keys.has(key)) continue;
      screen.close();
      this.screens.delete(key);
      if (this.shown === key) this.show("");
    }
    const { Screen } = open.length ? await import("./terminal.js") : {};
    for (const { key, title } of open) {
      if (this.screens.has(key)) continue;
      const leave = () => this.say({ do: "hang_up", terminal: key });
      const ask = () => this.say({ do: "seat", terminal: key });
      const tab = this.makeTab(title, () => this.show(key), leave);
      const screen = new Screen(this.stage, `${this.server}terminal/socket`, this.words, tab, { ask, leave });
      this.screens.set(key, screen);
    }
    if (this.wish && this.screens.has(this.wish)) {
      this.show(this.wish);
      this.wish = null;
    }
  }

  makeTab(title, choose, close) {
    const tab = element("div", "essaim-tab", this.tabs);
    const button = element("button", "", tab);
    button.type = "button";
    button.setAttribute("role", "tab");
    button.textContent = title;
    button.onclick = choose;
    if (close) {
      const cross = element("button", "essaim-close", tab);
      cross.type = "button";
      cross.textContent = "×";
      cross.title = this.words.close.replace("{title}", title);
      cross.setAttribute("aria-label", cross.title);
      cross.onclick = close;
    }
    return tab;
  }

  // Bring the console ("") or a terminal to the front.
  show(key) {
    this.shown = key;
    if (this.ready) sessionStorage.setItem(`${this.memory()}-front`, key);
    this.panel.hidden = key !== "";
    this.stage.hidden = key === "";
    this.tab.firstChild.setAttribute("aria-selected", String(key === ""));
    for (const [each, screen] of this.screens) screen.show(each === key);
    if (key === "" && this.ready) this.prompt.focus();
  }

  leave() {
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    socket?.close();
    for (const screen of this.screens.values()) screen.close();
    this.screens.clear();
  }
}

// A line of help has two columns: what does not fit goes on in its own.
function hanging(line) {
  const row = element("div", "essaim-help");
  const [, first, rest] = line.match(/^( +\S.*? {2,})(\S.*)$/) || [null, "", line];
  if (first) element("span", "", row).textContent = first;
  element("span", "", row).textContent = `${rest}\n`;
  row.style.setProperty("--first", `${first.length}ch`);
  return row;
}

const consoles = new WeakMap();

export default function mount(component) {
  const key = component.parentElement;
  if (consoles.has(key)) consoles.get(key).update(component);
  else consoles.set(key, new Console(component));
  return () => {
    consoles.get(key)?.leave();
    consoles.delete(key);
  };
}
