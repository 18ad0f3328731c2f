// One terminal: xterm.js over a websocket of its own. It comes back by itself, with its screen.

import { FitAddon } from "./addon-fit.mjs";
import { Terminal } from "./xterm.mjs";
import { element } from "./parts.js";

const RETRY_MS = 1000;

function theme(place) {
  const style = getComputedStyle(place);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const text = read("--st-text-color", "#ffffff");
  return {
    background: read("--st-secondary-background-color", "#000000"),
    foreground: text,
    cursor: text,
    selectionBackground: read("--st-primary-color", "#5588ff") + "66",
  };
}

export class Screen {
  // address: of the socket. ask: asks for a ticket, which then comes by `seat`. leave: away with it.
  constructor(parent, address, words, tab, { ask, leave }) {
    Object.assign(this, { address, words, tab, ask, leave });
    this.place = element("div", "essaim-terminal", parent);
    this.place.hidden = true;
    this.terminal = new Terminal({
      fontFamily: getComputedStyle(this.place).fontFamily,
      fontSize: 14,
      cursorBlink: true,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      theme: theme(this.place),
    });
    this.fit = new FitAddon();
    this.terminal.loadAddon(this.fit);
    this.terminal.open(this.place);
    const encoder = new TextEncoder();
    this.terminal.onData((text) => {
      if (this.over && text === "\r") this.leave();
      else this.send(encoder.encode(text));
    });
    this.terminal.onBinary((text) => this.send(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.terminal.onResize(() => this.size());
    this.watch = new ResizeObserver(() => this.fitted());
    this.watch.observe(this.place);
    // Ctrl-C copies what is selected, as everywhere; without a selection it interrupts.
    this.terminal.attachCustomKeyEventHandler(
      (event) => !(event.type === "keydown" && event.ctrlKey && event.key === "c" && this.terminal.hasSelection()),
    );
    this.ask();
  }

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

  finished({ code, idle }) {
    this.over = true;
    const { words } = this;
    const text = idle ? words.idle : code === null ? words.over : words.ended.replace("{code}", code);
    this.terminal.write(`\r\n[${text}]\r\n[${words.enter}]\r\n`);
    this.terminal.options.cursorBlink = false;
    this.tab.dataset.ended = "true";
    this.place.dataset.ended = "true";
  }

  send(bytes) {
    if (this.socket?.readyState === WebSocket.OPEN && !this.over) this.socket.send(bytes);
  }

  fitted() {
    if (this.place.offsetWidth) this.fit.fit();
  }

  size() {
    if (this.socket?.readyState === WebSocket.OPEN && !this.over) {
      this.socket.send(JSON.stringify({ size: [this.terminal.cols, this.terminal.rows] }));
    }
  }

  // A key that a phone's keyboard lacks.
  press(keys) {
    this.send(new TextEncoder().encode(keys));
    this.terminal.focus();
  }

  show(front) {
    this.place.hidden = !front;
    this.tab.firstChild.setAttribute("aria-selected", String(front));
    if (!front) return;
    this.terminal.options.theme = theme(this.place);
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
