// What a key means on any keyboard, and what is printed on it. A figure is known by its place: on a French keyboard it
// wants Shift, and 6 without Shift types a minus. Any other key means what it types.

const FIGURE = /^(?:Digit|Numpad)(\d)$/;
const FOREIGN = /[^\x00-\x7f]/; // such as a Greek or Cyrillic letter

export class Keyboard {
  /** @type {Map<string, string>} by place, as event.code names it: what it types without Shift */ printed = new Map();

  /** @param {() => void} changed is called whenever more is known of what is printed */
  constructor(changed) {
    this.changed = changed;
    // Chromium knows, where the page is served safely; elsewhere each press tells of one key.
    navigator.keyboard?.getLayoutMap?.().then(
      (layout) => {
        for (const [place, text] of layout) this.printed.set(place, text);
        changed();
      },
      () => {},
    );
  }

  /** The figure, "+", "-", the small letter or the name of the key that was pressed. @param {KeyboardEvent} event */
  read(event) {
    this.learn(event);
    const { code, key } = event;
    const figure = FIGURE.exec(code)?.[1];
    if (figure && (code.startsWith("Digit") || key.length === 1)) return figure;
    if (key === "?") return key;
    if (key === "+" || key === "=") return "+";
    if (key === "-" || key === "_") return "-";
    if (key.length === 1 && /^Key[A-Z]$/.test(code) && FOREIGN.test(key)) return code[3].toLowerCase();
    if (code === "Equal") return "+";
    if (code === "Minus") return "-";
    return key.length === 1 ? key.toLowerCase() : key;
  }

  learn(/** @type {KeyboardEvent} */ event) {
    const { code, key } = event;
    if (!code || key.length !== 1 || event.shiftKey || event.getModifierState("CapsLock")) return;
    if (this.printed.get(code) === key) return;
    this.printed.set(code, key);
    this.changed();
  }

  /**
   * How this viewer finds a key.
   * @param {string} name as `read` gives it; "1…9" stands for the figures
   * @returns "" where it is on no key that is known
   */
  label(name) {
    const others = [...this.printed].filter(([place]) => !FIGURE.test(place)).map(([, text]) => text);
    if (name === "1…9") {
      const typed = [..."123456789"].map((figure) => this.typed(figure)).filter(Boolean);
      if (!typed.length) return "1 … 9";
      return `1 … 9 (${typed.length === 9 ? `${typed[0]} … ${typed[8]}` : typed.join(" ")})`;
    }
    if (/^\d$/.test(name)) return [name, this.typed(name)].filter(Boolean).join(" ");
    if (name === "+") return others.includes("+") || others.includes("=") ? "+" : this.printed.get("Equal") || "+";
    if (name === "-") {
      if (others.includes("-") || !this.printed.size) return "−";
      const onFigure = [..."1234567890"].some((figure) => this.typed(figure) === "-");
      return this.printed.get("Minus") || (onFigure ? "" : "−");
    }
    if (!/^[a-z]$/.test(name) || others.includes(name)) return name;
    const there = this.printed.get(`Key${name.toUpperCase()}`);
    return there && FOREIGN.test(there) ? there : name;
  }

  /** What a figure's key types without Shift, where that is not the figure. @param {string} figure */
  typed(figure) {
    const text = this.printed.get(`Digit${figure}`);
    return text && text !== figure ? text : "";
  }
}
