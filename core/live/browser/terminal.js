// One terminal: xterm.js over a websocket of its own. It reconnects by itself, and shows its screen again.

import { FitAddon } from "./addon-fit.mjs";
import { Terminal } from "./xterm.mjs";
import { copy, element, theme } from "./dom.js";
import { controlled, pasted } from "./keys.js";
import { fill } from "./texts.js";

/** @import { Words } from "./types" */
/** @typedef {{ code: number | null, idle?: boolean }} End code: null where it is unknown */
/**
 * @typedef Actions
 * @property {() => void} ask for a ticket, which `seat` takes
 * @property {() => void} leave Enter was pressed after its end
 * @property {(end: End) => string[]} [told] what is said at its end
 * @property {(enter: boolean) => void} [happened] a line was sent, or something was printed
 */

const RETRY_MS = 1000;
const SHOWN_EVERY = 50_000; // bytes: the server lets no more than four times so many be on the way
const SCROLLBACK = 5000; // lines

function colors(/** @type {Element} */ place) {
  const { secondary, text, primary } = theme(place);
  return { background: secondary, foreground: text, cursor: text, selectionBackground: `${primary}66` };
}

export class Screen {
  closed = false;
  over = false; // the program has ended
  lost = false; // and nobody knows how
  past = 0; // bytes to come that were shown before
  shown = 0; // bytes that were shown, and that the server was not told of
  heard = false; // the program has printed something
  waiting = ""; // to be typed then
  control = false; // the next key is meant with Ctrl
  /** @type {string | null} */ kept = null; // what is said below a screen that stays

  /**
   * @param {Element} parent
   * @param {string} address of the socket
   * @param {Words} words
   * @param {HTMLElement} tab
   * @param {Actions} actions
   */
  constructor(parent, address, words, tab, actions) {
    this.address = address;
    this.words = words;
    this.tab = tab;
    this.actions = actions;
    this.place = element("div", "essaim-terminal", parent);
    this.place.hidden = true;
    this.terminal = new Terminal({
      fontFamily: getComputedStyle(this.place).fontFamily,
      fontSize: 14,
      cursorBlink: true,
      scrollback: SCROLLBACK,
      minimumContrastRatio: 4.5,
      theme: colors(this.place),
    });
    // What a program prints opens no link; its title and the clipboard were never its own.
    for (const code of [8, 52]) this.terminal.parser.registerOscHandler(code, () => true);
    this.fit = new FitAddon();
    this.terminal.loadAddon(this.fit);
    this.terminal.open(this.place);
    this.terminal.onData((text) => this.typed(text));
    this.terminal.onBinary((text) => this.send(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.terminal.onResize(() => this.size());
    this.watch = new ResizeObserver(() => this.fitted());
    this.watch.observe(this.place);
    this.themed = new MutationObserver(() => requestAnimationFrame(() => this.paint()));
    this.themed.observe(/** @type {Element} */ (document.querySelector("[data-testid=stApp]")), {
      attributeFilter: ["class"],
    });
    this.terminal.attachCustomKeyEventHandler((event) => this.key(event));
    this.place.addEventListener("paste", (event) => this.paste(event), { capture: true });
    // As in xterm, what is selected is copied.
    this.place.addEventListener("mouseup", () => setTimeout(() => this.copied()));
    this.actions.ask();
  }

  /** @param {string} ticket "" where the server has none */
  seat(ticket) {
    clearTimeout(this.retry);
    if (!ticket || this.closed || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    const socket = (this.socket = new WebSocket(this.address));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (this.kept === null)
        this.terminal.reset(); // the server sends again what the screen shows
      else this.say(this.kept);
      this.kept = null;
      this.shown = 0;
      socket.send(JSON.stringify({ ticket }));
      this.fitted();
      this.size();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return this.write(new Uint8Array(data), socket);
      const told = JSON.parse(data);
      if (told.end) this.finished(told.end);
      else this.past = told.past;
    };
    socket.onclose = () => {
      if (this.closed || this.socket !== socket) return;
      this.socket = null;
      if (!this.over) this.say(this.words.lost);
      this.again();
    };
  }

  /**
   * Show another terminal below what is shown, as the server that had this one is gone.
   * @param {HTMLElement} tab
   * @param {Actions} actions
   * @param {string} told is said between the two
   */
  rehouse(tab, actions, told) {
    this.tab = tab;
    this.actions = actions;
    this.kept = told;
    this.heard = false;
    const { socket } = this;
    this.socket = null;
    socket?.close();
    actions.ask();
    this.again();
  }

  again() {
    clearTimeout(this.retry);
    if (this.closed) return;
    this.retry = setTimeout(() => {
      this.actions.ask();
      this.again();
    }, RETRY_MS);
  }

  /** @param {Uint8Array} data @param {WebSocket} socket */
  write(data, socket) {
    if (this.over) this.revived();
    this.actions.happened?.(false);
    this.terminal.write(data, () => {
      this.past = Math.max(0, this.past - data.length);
      this.shown += data.length;
      if (this.shown >= SHOWN_EVERY && socket.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ shown: this.shown }));
        this.shown = 0;
      }
      this.heard = true;
      if (!this.waiting || this.over) return;
      this.send(new TextEncoder().encode(this.waiting));
      this.waiting = "";
    });
  }

  /** A line of ours between those of programs. @param {string} text */
  say(text) {
    if (text) this.terminal.write(`\r\n\x1b[0;2m[${text}]\x1b[0m\r\n`);
  }

  finished(/** @type {End} */ end) {
    const { words, actions } = this;
    this.over = true;
    this.lost = end.code === null && !end.idle;
    const ended = end.code === null ? words.over : fill(words.ended, { code: end.code });
    for (const text of actions.told?.(end) || [end.idle ? words.idle : ended, words.enter]) this.say(text);
    this.terminal.options.cursorBlink = false;
    this.tab.dataset.ended = "true";
    this.place.dataset.ended = "true";
  }

  /** Another program has begun in it. */
  revived() {
    this.over = this.lost = false;
    this.terminal.options.cursorBlink = true;
    delete this.tab.dataset.ended;
    delete this.place.dataset.ended;
  }

  /** What the terminal has to say: keys, and its answers to what programs ask. @param {string} text */
  typed(text) {
    if (this.past) return; // an answer to what was asked before, and answered then
    if (this.over && text === "\r") this.actions.leave();
    else this.send(new TextEncoder().encode(this.control ? controlled(text) : text));
    if (text.includes("\r")) this.actions.happened?.(true);
    this.hold(false);
  }

  /** Type this as soon as the program is there. @param {string} text */
  type(text) {
    const there = this.heard && !this.over && this.socket?.readyState === WebSocket.OPEN;
    if (there) this.send(new TextEncoder().encode(text));
    else this.waiting += text;
    this.focus();
  }

  /** On a phone this would bring up the keyboard, which the viewer has not asked for. */
  focus() {
    if (!matchMedia("(pointer: coarse)").matches) this.terminal.focus();
  }

  send(/** @type {string | Uint8Array<ArrayBuffer>} */ message) {
    if (this.socket?.readyState === WebSocket.OPEN && !this.over) this.socket.send(message);
  }

  /** Whether xterm.js is to see a key; the others are the browser's, or ours. @param {KeyboardEvent} event */
  key(event) {
    const { type, ctrlKey, shiftKey, altKey, metaKey, key } = event;
    if (altKey || metaKey) return true;
    if (key === "F6" && type === "keydown") {
      // Tab belongs to the shell: without a mouse, this key leads out of the terminal.
      this.passBy();
      /** @type {HTMLElement | null} */ (this.tab.querySelector("[role=tab]"))?.focus();
      event.preventDefault();
      return false;
    }
    const letter = key.toLowerCase();
    const pastes = (ctrlKey && letter === "v") || (shiftKey && !ctrlKey && key === "Insert");
    if (pastes) return false; // the browser tells of it by a paste
    const copies = ctrlKey && ((shiftKey && letter === "c") || (!shiftKey && key === "Insert"));
    // Ctrl-C copies a selection, as everywhere; without a selection it interrupts.
    if (!copies && !(ctrlKey && letter === "c" && this.terminal.hasSelection())) return true;
    if (type === "keydown") this.copied();
    event.preventDefault();
    return false;
  }

  /** From now on Tab goes past the terminal, until the focus has left what surrounds it: it would be caught again. */
  passBy() {
    const { textarea } = this.terminal;
    const around = this.place.closest(".essaim-console");
    if (!textarea || !around || textarea.tabIndex < 0) return;
    textarea.tabIndex = -1;
    const left = new AbortController();
    const leave = (/** @type {FocusEvent} */ { relatedTarget }) => {
      if (relatedTarget instanceof Node && around.contains(relatedTarget)) return;
      textarea.tabIndex = 0;
      left.abort();
    };
    around.addEventListener("focusout", /** @type {EventListener} */ (leave), { signal: left.signal });
  }

  copied() {
    if (!this.terminal.hasSelection()) return;
    copy(this.terminal.getSelection());
    this.terminal.focus();
  }

  /** Paste without what no key types: it could end the mark of a paste. @param {ClipboardEvent} event */
  paste(event) {
    event.stopPropagation();
    const text = event.clipboardData?.getData("text/plain");
    if (!text) return; // nothing to be kept from the browser
    event.preventDefault();
    this.terminal.paste(pasted(text));
  }

  fitted() {
    if (this.place.offsetWidth) this.fit.fit();
  }

  size() {
    this.send(JSON.stringify({ size: [this.terminal.cols, this.terminal.rows] }));
  }

  /** A key that a phone's keyboard lacks. @param {string} keys */
  press(keys) {
    this.send(new TextEncoder().encode(keys));
    this.terminal.focus();
  }

  /** Whether the next key is meant with Ctrl. @param {boolean} control */
  hold(control) {
    if (control !== this.control) this.held?.(control);
    this.control = control;
  }

  /** @type {((control: boolean) => void) | undefined} hears of it */ held;

  /** Take the colours of the page, which may turn dark. */
  paint() {
    if (this.place.isConnected) this.terminal.options.theme = colors(this.place);
  }

  show(/** @type {boolean} */ front) {
    this.place.hidden = !front;
    this.tab.firstElementChild?.setAttribute("aria-selected", String(front));
    if (!front) return;
    this.paint();
    this.fitted();
    const at = document.activeElement; // a field beside the terminals keeps what one types
    if (!at?.matches("input, textarea, select") || at.closest(".essaim-console")) this.focus();
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.watch.disconnect();
    this.themed.disconnect();
    this.socket?.close();
    this.terminal.dispose();
    this.place.remove();
    this.tab.remove();
  }
}
