// The console: a prompt with history and completion, the answers, and the open terminals. All of it goes over one
// websocket of its own, which a one-time ticket from the page opens.

import { inked } from "./ansi.js";
import { Component, mount } from "./component.js";
import { button, copy, element, insertByNumber, setLabel } from "./dom.js";
import { Prompt } from "./prompt.js";
import { makeTab, makeTabs } from "./tabs.js";
import { fill } from "./texts.js";
import { take } from "./wishes.js";

/** @import { PageData, Run, Words } from "./types" */
/** @import { Screen } from "./terminal.js" */
/**
 * @typedef {PageData & { ticket: string, instance: string, unlocked: boolean, place: string, words: Words,
 *   line: string, run: { id: string, line: string } | null }} Data place: of the session; line, run: to be typed, run
 */
/** @typedef {{ number: number, line: string, kind: string, text: string, terminal: string }} Entry */

const RETRY_MS = 700;
const COPIED_MS = 4000;
// Keys that a phone's keyboard lacks and a terminal wants.
const KEYS = { "Ctrl-C": "\x03", "Ctrl-D": "\x04", Tab: "\t", "↑": "\x1b[A", "↓": "\x1b[B" };

/** @extends {Component<Data>} */
class Console extends Component {
  /** @type {Map<string, Screen>} */ screens = new Map(); // open terminals by key
  /** @type {unknown[]} */ unsaid = []; // what is said before the session is there
  /** @type {Map<number, HTMLElement>} */ entries = new Map(); // by number
  /** @type {WebSocket | null} */ socket = null;
  ready = false;
  /** @type {string | null} */ wish = null; // the terminal to be shown as soon as it is open
  shown = ""; // the key of the terminal in front; "": the console
  /** @type {string[]} */ pending = []; // lines to run
  settled = 0;
  server = "";
  /** @type {Record<string, string>} */ scripts = {}; // all lines as a program, by language
  /** @type {Partial<Data>} */ last = {}; // what the last run of the page's script told
  typed = "";
  used = ""; // the ticket

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.words = run.data.words;
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-console"));
    this.view = this.build();
    this.show("");
    this.untake = take(({ line }) => {
      this.pending.push(line);
      this.runPending();
    });
  }

  build() {
    const { words, root } = this;
    this.entries = new Map();
    root.replaceChildren();
    const tabs = makeTabs("essaim-tabs", root, words.console);
    const tab = makeTab(tabs, words.console, () => this.show(""));
    const panel = element("div", "essaim-panel", root);
    const output = element("div", "essaim-output", panel);
    output.setAttribute("role", "log");
    output.tabIndex = 0;
    setLabel(output, words.console);
    const prompt = new Prompt(panel, words, {
      run: (text) => this.enter(text),
      complete: (text) => this.say({ do: "complete", text }),
      interrupt: () => this.say({ do: "interrupt" }),
    });
    output.onclick = () => {
      if (!String(getSelection())) prompt.focus();
    };
    const stage = element("div", "essaim-stage", root);
    const keys = element("div", "essaim-tools essaim-keys", root);
    for (const [name, sent] of Object.entries(KEYS)) {
      button("", keys, name, () => this.screens.get(this.shown)?.press(sent));
    }
    const tools = element("div", "essaim-tools", root);
    for (const kind of ["shell", "python"]) {
      button("", tools, words[kind], () => {
        copy(this.scripts[kind] || "");
        note.textContent = words.copied;
        setTimeout(() => (note.textContent = ""), COPIED_MS);
      });
    }
    button("", tools, words.clear, () => this.enter("clear"));
    const note = element("span", "essaim-note", tools);
    note.setAttribute("role", "status");
    return { tabs, tab, panel, output, prompt, stage };
  }

  /**
   * A later run of the page's script may bring a fresh ticket, another place, a line to type or to run.
   * @param {Run<Data>} run
   */
  update(run) {
    this.run = run;
    const { place, language, line, run: wanted, instance, unlocked, words } = run.data;
    // A server that was started again has another cluster; the answers of the last one stay.
    const { last } = this;
    const again = last.instance !== instance && last.unlocked === unlocked;
    const moved = last.place !== place && !again;
    if (last.place !== undefined && (moved || last.language !== language)) {
      this.words = words;
      this.leave();
      this.view = this.build();
      this.show("");
    }
    this.last = run.data;
    if (line && line !== this.typed) {
      this.typed = line;
      this.view.prompt.set(line);
    }
    if (wanted && sessionStorage.getItem("essaim-console-run") !== wanted.id) {
      sessionStorage.setItem("essaim-console-run", wanted.id);
      this.pending.push(wanted.line);
    }
    if (!this.socket) this.connect();
    else this.runPending();
  }

  connect() {
    clearTimeout(this.retry);
    const { ticket, files } = this.data;
    if (!ticket || ticket === this.used) {
      // This one is used: another run of the page's script brings the next.
      this.send("again", Date.now());
      this.retry = setTimeout(() => this.socket || this.connect(), 5 * RETRY_MS);
      return;
    }
    this.used = ticket;
    if (!this.view.output.childElementCount) this.remark("welcome", this.words.waiting);
    this.server = `${location.origin}${files}`.replace(/^http/, "ws").replace(/live\/[^/]*$/, "");
    const socket = (this.socket = new WebSocket(`${this.server}console/socket`));
    const session = sessionStorage.getItem(this.memory);
    socket.onopen = () => socket.send(JSON.stringify({ ticket, session, language: this.last.language }));
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.ready = false;
      this.retry = setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  remark(/** @type {string} */ kind, /** @type {string} */ text) {
    element("p", `essaim-${kind}`, this.view.output, text);
  }

  /**
   * Either the same session, which sends again what is shown already, or another one: then the answers from before
   * stay, and are told from what follows.
   * @param {{ key: string, history: string[], settled: number }} session
   */
  begin({ key, history, settled }) {
    const { output, prompt } = this.view;
    const known = key === sessionStorage.getItem(this.memory);
    if (!known && output.querySelector(".essaim-entry")) {
      this.remark("past", this.words.again);
      for (const shown of output.children) shown.setAttribute("data-past", "true");
      for (const stop of output.querySelectorAll(".essaim-stop")) stop.remove();
    } else {
      output.replaceChildren();
      this.remark("welcome", this.words.welcome);
    }
    sessionStorage.setItem(this.memory, key);
    this.entries = new Map();
    this.settled = settled;
    prompt.remember(`${this.memory}-history`, history);
  }

  /** Names this session in the tab's storage. */
  get memory() {
    return `essaim-console-${this.last.place}`;
  }

  /** Tell the session; before it is there, this waits for it. @param {unknown} message */
  say(message) {
    if (this.ready) this.socket?.send(JSON.stringify(message));
    else this.unsaid.push(message);
  }

  enter(/** @type {string} */ text) {
    this.say({ do: "run", text });
  }

  runPending() {
    if (!this.ready) return;
    for (const line of this.pending.splice(0)) {
      const inside = line.startsWith("docker ") ? null : this.screens.get(this.shown);
      if (inside)
        inside.type(`${line}\r`); // for the shell of a container, which is in front
      else {
        this.show("");
        this.enter(line);
      }
    }
  }

  /** @param {any} message core/console/session.py says which there are */
  receive(message) {
    switch (message.topic) {
      case "session":
        this.begin(message);
        this.ready = true;
        for (const unsaid of this.unsaid.splice(0)) this.say(unsaid);
        this.wish = sessionStorage.getItem(`${this.memory}-front`);
        this.runPending();
        break;
      case "entry":
        this.entry(message);
        break;
      case "cleared":
        for (const past of this.view.output.querySelectorAll("[data-past]")) past.remove();
        for (const [number, shown] of this.entries) {
          if (number > message.upto) continue;
          shown.remove();
          this.entries.delete(number);
        }
        break;
      case "terminals":
        this.terminals(message.terminals);
        break;
      case "seat":
        this.screens.get(message.terminal)?.seat(message.ticket);
        break;
      case "completion":
        this.view.prompt.offer(message);
        break;
      case "scripts":
        this.scripts = message;
    }
  }

  entry(/** @type {Entry} */ { number, line, kind, text, terminal }) {
    const { output, prompt } = this.view;
    const atEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 60;
    let shown = this.entries.get(number);
    if (!shown) {
      shown = element("div", "essaim-entry");
      // A feed sends the last change last, so a later line may come first.
      insertByNumber(output, this.entries, number, shown);
      element("div", "essaim-line", shown);
      element("pre", "essaim-answer", shown);
    }
    const [typed, answer, stop] = /** @type {HTMLCollectionOf<HTMLElement>} */ (shown.children);
    if (kind !== "going") stop?.remove();
    // A phone has no Ctrl-C.
    else if (!stop) button("essaim-stop", shown, this.words.stop, () => this.interrupt());
    typed.textContent = line;
    // A terminal that a line has just opened comes to the front; one that was there stays where it was.
    if (kind === "terminal" && number > this.settled && shown.dataset.kind !== kind) this.wish = terminal;
    shown.dataset.kind = kind;
    // Columns must not wrap: they scroll. All else wraps, so that a token is read to its end.
    answer.dataset.table = String(/^[A-Z][A-Z /]*? {2,}[A-Z]/.test(text));
    prompt.asked = Boolean(output.querySelector("[data-kind=asking]"));
    if (kind === "terminal") answer.textContent = fill(this.words.opened, { title: text });
    else if (kind === "help") answer.replaceChildren(...text.split("\n").map(hanging));
    else answer.replaceChildren(...inked(kind === "skipped" ? this.words.skipped : text));
    if (atEnd || kind === "waiting") {
      // The end of an answer, but the beginning of a help text.
      const top = shown.offsetTop - output.offsetTop - 10;
      output.scrollTop = kind === "help" ? top : output.scrollHeight;
    }
  }

  interrupt() {
    this.say({ do: "interrupt" });
    this.view.prompt.focus();
  }

  async terminals(/** @type {{ key: string, title: string }[]} */ open) {
    const keys = new Set(open.map(({ key }) => key));
    for (const [key, screen] of this.screens) {
      if (keys.has(key)) continue;
      screen.close();
      this.screens.delete(key);
      if (this.shown === key) this.show("");
    }
    if (!open.length) return;
    const terminal = await import("./terminal.js");
    for (const { key, title } of open) {
      if (this.screens.has(key)) continue;
      const leave = () => this.say({ do: "hang_up", terminal: key });
      const ask = () => this.say({ do: "seat", terminal: key });
      const { tabs, stage } = this.view;
      const tab = makeTab(tabs, title, () => this.show(key), fill(this.words.close, { title }), leave);
      const address = `${this.server}terminal/socket`;
      this.screens.set(key, new terminal.Screen(stage, address, this.words, tab, { ask, leave }));
    }
    if (!this.wish || !this.screens.has(this.wish)) return;
    this.show(this.wish);
    this.wish = null;
  }

  /** Bring the console ("") or a terminal to the front. @param {string} key */
  show(key) {
    const { panel, stage, tab, prompt } = this.view;
    this.shown = key;
    if (this.ready) sessionStorage.setItem(`${this.memory}-front`, key);
    panel.hidden = key !== "";
    stage.hidden = key === "";
    tab.firstElementChild?.setAttribute("aria-selected", String(key === ""));
    for (const [each, screen] of this.screens) screen.show(each === key);
    if (key === "" && this.ready) prompt.focus();
  }

  close() {
    this.untake();
    this.leave();
  }

  leave() {
    clearTimeout(this.retry);
    const { socket } = this;
    this.socket = null;
    this.ready = false;
    socket?.close();
    for (const screen of this.screens.values()) screen.close();
    this.screens.clear();
  }
}

/** A line of help has two columns: a text that is too long goes on in its own. @param {string} line */
function hanging(line) {
  const row = element("div", "essaim-help");
  const [, first, rest] = line.match(/^( +\S.*? {2,})(\S.*)$/) || ["", "", line];
  if (first) element("span", "", row, first);
  element("span", "", row, `${rest}\n`);
  row.style.setProperty("--first", `${first.length}ch`);
  return row;
}

export default mount(Console);
