// The terminals on the machines of a practice cluster: a tab for each machine, several terminals in each, and the
// journal below. All but the terminals' own bytes goes over one websocket, which a one-time ticket from the page opens.

import { Component, mount } from "./component.js";
import { button, element, setLabel, setText } from "./dom.js";
import { Journal } from "./journal.js";
import { unsent } from "./keys.js";
import { makeTab, makeTabs } from "./tabs.js";
import { Screen } from "./terminal.js";
import { show, typed } from "./in_front.js";
import { fill } from "./texts.js";
import { take, toFront } from "./wishes.js";

/** @import { PageData, Run, Words } from "./types" */
/** @import { Line } from "./journal.js" */
/** @import { End } from "./terminal.js" */
/**
 * @typedef {{ id?: string, machine: string, line?: string, run?: boolean, container?: string,
 *   seen?: boolean }} Wish what another page
 *   or another part of this one asks for: a line to be typed, or a container whose shell is to open
 * @typedef {PageData & { ticket: string, instance: string, place: string, may: boolean, words: Words,
 *   wish: Wish | null, opened: string, first: string }} Data place: names the desk in this tab's storage; opened: the
 *   lab; first: the machine that comes to the front when another lab is opened
 * @typedef {{ name: string, up: boolean, cut: boolean, full: boolean, address: string, role: string }} Machine
 * @typedef {{ key: string, machine: string, number: number, container: string }} Place
 * @typedef {{ place: Place, screen: Screen }} Shell
 */

const RETRY_MS = 700;
const AGAIN_MS = 1500; // between two tries to get a fresh shell on a machine that was lost
const REHOUSE_MS = 5000; // in which a fresh shell is there, or is asked for again
const CLEAR = "\x05\x15"; // Ctrl-E, Ctrl-U: to the end of what is typed, and away with it
const MOST = 4; // terminals on a machine, as in core/console/desk.py
// Keys that a phone's keyboard lacks and a terminal wants.
const KEYS = { Esc: "\x1b", Tab: "\t", "←": "\x1b[D", "↓": "\x1b[B", "↑": "\x1b[A", "→": "\x1b[C", "Ctrl-C": "\x03" };

/** @extends {Component<Data>} */
class Machines extends Component {
  /** @type {Map<string, Shell>} */ shells = new Map(); // by the terminal's key
  /** @type {Map<string, { tab: HTMLElement, machine: Machine }>} */ machines = new Map(); // by name
  /** @type {Map<string, string>} */ fronts = new Map(); // the key of each machine's terminal in front
  /** @type {Set<string>} */ begun = new Set(); // machines whose first terminal was asked for
  /** @type {Shell[]} */ homeless = []; // terminals of a server that is gone, which keep their screens
  /** @type {WebSocket | null} */ socket = null;
  /** @type {string | null} */ opening = null; // the machine whose next terminal comes to the front
  /** @type {Wish[]} */ wishes = []; // not done yet, in their order
  rehoused = 0; // when a fresh shell was last asked for
  ready = false;
  shown = ""; // the machine in front
  server = "";
  used = ""; // the ticket
  /** @type {Partial<Data>} */ last = {}; // what the last run of the page's script told

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.words = run.data.words;
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-machines"));
    this.view = this.build();
    this.untake = take((wish) => {
      this.wishes.push(wish);
      this.grant();
    });
  }

  build() {
    const { words, root } = this;
    root.replaceChildren();
    const tabs = makeTabs("essaim-tabs", root, words.machines);
    const stage = element("div", "essaim-stage", root);
    const bar = element("div", "essaim-shells", stage);
    const shells = makeTabs("essaim-shell-tabs", bar, words.terminals);
    const more = button("essaim-more", bar, "+", () => this.open());
    setLabel(more, words.open, true);
    const note = element("p", "essaim-welcome", stage, words.waiting);
    note.setAttribute("role", "status");
    const keys = element("div", "essaim-tools essaim-keys", root);
    const control = button("", keys, "Ctrl", () => {
      const front = this.front();
      front?.hold(!front.control);
      front?.terminal.focus();
    });
    for (const [name, sent] of Object.entries(KEYS)) button("", keys, name, () => this.front()?.press(sent));
    element("p", "essaim-hint", root, words.keys);
    const journal = new Journal(root, words);
    return { tabs, stage, shells, more, note, control, journal };
  }

  /** @param {Run<Data>} run */
  update(run) {
    this.run = run;
    const { place, language, may, words, wish } = run.data;
    const { last } = this;
    if (last.place !== undefined && (last.place !== place || last.language !== language || last.may !== may)) {
      this.words = words;
      this.leave();
      this.view = this.build();
      this.shown = "";
      this.begun.clear();
    }
    this.last = run.data;
    if (wish?.id && sessionStorage.getItem("essaim-machines-wish") !== wish.id) {
      sessionStorage.setItem("essaim-machines-wish", wish.id);
      this.wishes.push(wish);
      toFront(); // beside a lab, a tile's menu asks for it
    }
    if (last.opened !== run.data.opened) this.opens();
    if (!this.socket) this.connect();
    else this.grant();
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
    this.server = `${location.origin}${files}`.replace(/^http/, "ws").replace(/live\/[^/]*$/, "");
    const socket = (this.socket = new WebSocket(`${this.server}machines/socket`));
    const session = sessionStorage.getItem(this.memory);
    socket.onopen = () => socket.send(JSON.stringify({ ticket, session, language: this.last.language }));
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.ready = false;
      this.retry = setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  get memory() {
    return `essaim-machines-${this.last.place}`;
  }

  /** Another lab begins on its first machine. */
  opens() {
    const { opened, first } = this.data;
    if (!opened || sessionStorage.getItem(`${this.memory}-lab`) === opened) return;
    sessionStorage.setItem(`${this.memory}-lab`, opened);
    sessionStorage.setItem(`${this.memory}-front`, first);
    if (this.machines.has(first)) this.show(first);
  }

  /** Ask for something; what cannot be asked now is asked again, or not wanted any more. @param {object} message */
  say(message) {
    if (this.ready) this.socket?.send(JSON.stringify(message));
  }

  /** @param {any} message core/console/desk.py says which there are */
  hear(message) {
    switch (message.topic) {
      case "session":
        this.begin(message.key);
        break;
      case "machines":
        this.list(message.machines);
        break;
      case "terminals":
        this.place(message.terminals);
        break;
      case "seat":
        this.shells.get(message.terminal)?.screen.seat(message.ticket);
        break;
      case "record":
        this.view.journal.add(/** @type {Line} */ (message));
        break;
      case "refused":
        this.refuse(message.text);
    }
  }

  /** The same desk, or a new one: then each terminal moves to a fresh shell, and keeps its screen. @param {string} key */
  begin(key) {
    if (key !== sessionStorage.getItem(this.memory) && this.shells.size) {
      this.homeless.push(...this.shells.values());
      this.shells.clear();
    }
    sessionStorage.setItem(this.memory, key);
    this.fronts = new Map(JSON.parse(sessionStorage.getItem(`${this.memory}-fronts`) || "[]"));
    this.view.journal.begin();
    this.ready = true;
    clearInterval(this.looking);
    this.looking = setInterval(() => this.revive(), AGAIN_MS);
  }

  /** @param {Machine[]} machines */
  list(machines) {
    const names = new Set(machines.map(({ name }) => name));
    for (const [name, { tab }] of this.machines) {
      if (names.has(name)) continue;
      tab.remove();
      this.machines.delete(name);
      if (this.shown === name) this.shown = "";
    }
    for (const machine of machines) {
      const known = this.machines.get(machine.name);
      const tab = known?.tab || makeTab(this.view.tabs, machine.name, () => this.show(machine.name));
      this.machines.set(machine.name, { tab, machine });
      this.label(tab, machine);
    }
    if (!this.shown && machines.length) {
      const front = sessionStorage.getItem(`${this.memory}-front`) || "";
      this.show(names.has(front) ? front : machines[0].name);
    } else this.draw();
    this.grant();
  }

  /** A tab says what is wrong with its machine. @param {HTMLElement} tab @param {Machine} machine */
  label(tab, machine) {
    const { words } = this;
    const trouble = !machine.up ? words.off : machine.cut ? words.cut : machine.full ? words.full : "";
    const title = /** @type {HTMLElement} */ (tab.firstElementChild);
    setText(title, trouble ? `${machine.name} · ${trouble}` : machine.name);
    title.title = machine.address;
    tab.dataset.trouble = String(Boolean(trouble));
  }

  /** Which terminals there are now. @param {Place[]} places */
  place(places) {
    const there = new Set(places.map(({ key }) => key));
    for (const [key, { screen }] of this.shells) {
      if (there.has(key)) continue;
      screen.close();
      this.shells.delete(key);
    }
    for (const place of places) {
      if (this.shells.has(place.key)) continue;
      this.shells.set(place.key, this.settle(place));
      if (this.opening !== place.machine) continue;
      this.opening = null;
      this.fronts.set(place.machine, place.key);
    }
    this.rehouse();
    this.draw(true);
    this.grant();
  }

  /** The screen of a terminal: that of a lost one of this machine, else a new one. @param {Place} place @returns {Shell} */
  settle(place) {
    const { key, machine, container } = place;
    const same = this.homeless.findIndex((each) => each.place.machine === machine && !container);
    const old = same < 0 ? undefined : this.homeless.splice(same, 1)[0];
    if (old) {
      this.rehoused = 0;
      if (this.fronts.get(machine) === old.place.key) this.fronts.set(machine, key);
    }
    const { words } = this;
    const actions = {
      ask: () => this.say({ do: "seat", terminal: key }),
      leave: () => this.say(container ? { do: "hang_up", terminal: key } : { do: "again", terminal: key }),
      told: container ? undefined : (/** @type {End} */ end) => this.told(machine, end),
      happened: (/** @type {boolean} */ enter) => typed(machine, enter),
    };
    const close = () => this.say({ do: "hang_up", terminal: key });
    const title = container || String(place.number);
    const label = fill(words.close, { title: container || `${machine} (${title})` });
    const tab = makeTab(this.view.shells, title, () => this.choose(key), label, close);
    if (!old) {
      const screen = new Screen(this.view.stage, `${this.server}terminal/socket`, words, tab, actions);
      screen.held = (control) => this.view.control.setAttribute("aria-pressed", String(control));
      return { place, screen };
    }
    old.screen.tab.replaceWith(tab); // where it stood
    old.screen.rehouse(tab, actions, words.again);
    return { place, screen: old.screen };
  }

  /** Ask for a fresh shell for each terminal that a server before this one had. */
  rehouse() {
    const waiting = this.homeless.filter(({ place }) => !place.container);
    for (const { screen } of this.homeless.filter(({ place }) => place.container)) screen.close();
    this.homeless = waiting;
    const next = waiting.find(({ place }) => this.machines.get(place.machine)?.machine.up);
    if (!next || Date.now() - this.rehoused < REHOUSE_MS) return;
    this.rehoused = Date.now();
    this.begun.add(next.place.machine);
    this.say({ do: "open", machine: next.place.machine, ...this.size(next.screen) });
  }

  /** What is said at the end of a machine's shell. @param {string} machine @param {End} end */
  told(machine, { code, idle }) {
    const { words } = this;
    if (idle) return [words.idle, words.anew];
    if (code === null) return [fill(words.gone, { machine })];
    return [fill(words.ended, { code }), words.anew];
  }

  /** Ask for a fresh shell where one was lost and its machine is up. */
  revive() {
    this.rehouse();
    for (const [key, { place, screen }] of this.shells) {
      if (screen.lost && !place.container && this.machines.get(place.machine)?.machine.up) {
        this.say({ do: "again", terminal: key, ...this.size(screen) });
      }
    }
  }

  size(/** @type {Screen | undefined} */ screen) {
    return screen ? { size: [screen.terminal.cols, screen.terminal.rows] } : {};
  }

  /** One more terminal on the machine in front. */
  open() {
    this.opening = this.shown;
    this.begun.add(this.shown);
    this.say({ do: "open", machine: this.shown, ...this.size(this.front()) });
  }

  /** Bring a machine to the front; its first terminal opens by itself. @param {string} name */
  show(name) {
    this.shown = name;
    show(name);
    sessionStorage.setItem(`${this.memory}-front`, name);
    this.draw(true);
  }

  choose(/** @type {string} */ key) {
    this.fronts.set(this.shown, key);
    this.draw(true);
  }

  /** The terminals of a machine. @param {string} name @returns {[string, Shell][]} */
  of(name) {
    return [...this.shells].filter(([, { place }]) => place.machine === name);
  }

  front() {
    return this.shells.get(this.fronts.get(this.shown) || "")?.screen;
  }

  refuse(/** @type {string} */ text) {
    this.opening = null;
    this.view.note.textContent = text;
    this.view.note.hidden = false;
    this.view.note.dataset.refused = "true";
  }

  /** @param {unknown} [moved] another terminal may have come to the front */
  draw(moved) {
    const { words, shown, view } = this;
    const here = this.machines.get(shown)?.machine;
    if (!here) return;
    for (const [name, { tab }] of this.machines) {
      tab.firstElementChild?.setAttribute("aria-selected", String(name === shown));
    }
    const mine = this.of(shown);
    // Those of a server that is gone are shown, and chosen, like the others.
    const there = [...mine.map(([, { place }]) => place), ...this.homeless.map(({ place }) => place)];
    const keys = there.filter(({ machine }) => machine === shown).map(({ key }) => key);
    if (keys.length && !keys.includes(this.fronts.get(shown) || "")) this.fronts.set(shown, keys[0]);
    const front = this.fronts.get(shown);
    if (moved) {
      sessionStorage.setItem(`${this.memory}-fronts`, JSON.stringify([...this.fronts]));
      for (const { place, screen } of [...this.shells.values(), ...this.homeless]) {
        screen.tab.hidden = place.machine !== shown;
        screen.show(place.key === front);
      }
    }
    view.more.hidden = !this.data.may || mine.length >= MOST || !here.up;
    if (this.ready && this.data.may && here.up && !mine.length && !this.begun.has(shown)) {
      this.begun.add(shown);
      this.say({ do: "open", machine: shown, first: true });
    }
    const none = !this.data.may ? words.look_on : here.up ? words.none : fill(words.no_power, { machine: shown });
    view.note.hidden = mine.length > 0 || this.homeless.some(({ place }) => place.machine === shown);
    delete view.note.dataset.refused;
    setText(view.note, this.begun.has(shown) && here.up && !this.ready ? words.waiting : none);
  }

  /** Do what was asked for, as soon as it can be done; on each machine one after the other. */
  grant() {
    if (!this.data.may) this.wishes = [];
    if (!this.ready) return;
    /** @type {Set<string>} */ const waiting = new Set(); // machines
    this.wishes = this.wishes.filter((wish) => {
      if (!waiting.has(wish.machine) && this.granted(wish)) return false;
      waiting.add(wish.machine);
      return true;
    });
  }

  /** @param {Wish} wish @returns whether it is done, or will not be */
  granted(wish) {
    const { machine, line, run, container } = wish;
    const here = this.machines.get(machine)?.machine;
    if (!here) return false;
    if (!wish.seen && this.shown !== machine) this.show(machine);
    wish.seen = true;
    if (!here.up) return true; // the page says so, and nothing is typed there much later
    if (container) {
      this.opening = machine;
      this.begun.add(machine);
      this.say({ do: "open", machine, container, ...this.size(this.front()) });
      return true;
    }
    let shell = this.shells.get(this.fronts.get(machine) || "");
    // A docker line is the machine's; any other may be meant for the container in front.
    if (!shell || (shell.place.container && (!run || line?.startsWith("docker ")))) {
      const own = this.of(machine).find(([, { place }]) => !place.container);
      if (!own) return false; // it opens
      this.fronts.set(machine, own[0]);
      this.draw(true);
      shell = own[1];
    }
    // What was typed there and not sent is no part of the line.
    if (line) shell.screen.type(run ? `${CLEAR}${unsent(line)}\r` : unsent(line));
    return true;
  }

  /** Let go of this desk. */
  leave() {
    clearTimeout(this.retry);
    clearInterval(this.looking);
    const { socket } = this;
    this.socket = null;
    this.ready = false;
    socket?.close();
    for (const { screen } of [...this.shells.values(), ...this.homeless]) screen.close();
    this.shells.clear();
    this.homeless = [];
    this.machines.clear();
  }

  close() {
    this.untake();
    this.leave();
  }
}

export default mount(Machines);
