// One terminal: xterm.js over a websocket of its own. It reconnects by itself, and shows its screen again.

import { FitAddon } from "./addon-fit.mjs";
import { Terminal } from "./xterm.mjs";
import { element, theme } from "./dom.js";
import { fill } from "./texts.js";

/** @import { Words } from "./types" */

const RETRY_MS = 1000;

function colors(/** @type {Element} */ place) {
  const { secondary, text, primary } = theme(place);
  return { background: secondary, foreground: text, cursor: text, selectionBackground: `${primary}66` };
}

export class Screen {
  closed = false;
  over = false; // the program has ended

  /**
   * @param {Element} parent
   * @param {string} address of the socket
   * @param {Words} words
   * @param {HTMLElement} tab
   * @param {{ ask: () => void, leave: () => void }} actions ask: for a ticket, which `seat` takes; leave: close it
   */
  constructor(parent, address, words, tab, { ask, leave }) {
    this.address = address;
    this.words = words;
    this.tab = tab;
    this.ask = ask;
    this.place = element("div", "essaim-terminal", parent);
    this.place.hidden = true;
    this.terminal = new Terminal({
      fontFamily: getComputedStyle(this.place).fontFamily,
      fontSize: 14,
      cursorBlink: true,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      theme: colors(this.place),
    });
    this.fit = new FitAddon();
    this.terminal.loadAddon(this.fit);
    this.terminal.open(this.place);
    this.terminal.onData((text) => {
      if (this.over && text === "\r") leave();
      else this.send(new TextEncoder().encode(text));
    });
    this.terminal.onBinary((text) => this.send(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.terminal.onResize(() => this.size());
    this.watch = new ResizeObserver(() => this.fitted());
    this.watch.observe(this.place);
    // Ctrl-C copies a selection, as everywhere; without a selection it interrupts.
    this.terminal.attachCustomKeyEventHandler(
      ({ type, ctrlKey, key }) => !(type === "keydown" && ctrlKey && key === "c" && this.terminal.hasSelection()),
    );
    this.ask();
  }

  /** @param {string} ticket "" where the server has none */
  seat(ticket) {
    clearTimeout(this.retry);
    if (!ticket || this.closed) return;
    const socket = (this.socket = new WebSocket(this.address));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.terminal.reset(); // the server sends again what the screen shows
      socket.send(JSON.stringify({ ticket }));
      this.fitted();
      this.size();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.finished(JSON.parse(data).end);
      else this.terminal.write(new Uint8Array(data));
    };
    socket.onclose = () => {
      if (this.closed || this.over) return;
      this.terminal.write(`\r\n\x1b[2m[${this.words.lost}]\x1b[0m\r\n`);
      this.again();
    };
  }

  again() {
    if (this.closed || this.over) return;
    this.retry = setTimeout(() => {
      this.ask();
      this.again();
    }, RETRY_MS);
  }

  finished(/** @type {{ code: number | null, idle?: boolean }} */ { code, idle }) {
    this.over = true;
    const { words } = this;
    const text = idle ? words.idle : code === null ? words.over : fill(words.ended, { code });
    this.terminal.write(`\r\n[${text}]\r\n[${words.enter}]\r\n`);
    this.terminal.options.cursorBlink = false;
    this.tab.dataset.ended = "true";
    this.place.dataset.ended = "true";
  }

  send(/** @type {string | Uint8Array<ArrayBuffer>} */ message) {
    if (this.socket?.readyState === WebSocket.OPEN && !this.over) this.socket.send(message);
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

  show(/** @type {boolean} */ front) {
    this.place.hidden = !front;
    this.tab.firstElementChild?.setAttribute("aria-selected", String(front));
    if (!front) return;
    this.terminal.options.theme = colors(this.place);
    this.fitted();
    this.terminal.focus();
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.watch.disconnect();
    this.socket?.close();
    this.terminal.dispose();
    this.place.remove();
    this.tab.remove();
  }
}
