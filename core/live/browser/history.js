// The lines that were typed, and the way back through them.

export class History {
  /** @type {string[]} */ lines = [];
  back = 0; // how far up; 0: at the line that is being typed
  draft = "";

  /** The longest memory wins. @param {string[]} stored in this tab @param {string[]} told by the server */
  remember(stored, told) {
    const own = stored.length > this.lines.length ? stored : this.lines;
    this.lines = own.length > told.length ? own : told;
  }

  /** Note each line of a text that was sent. @param {string} text */
  add(text) {
    for (const line of text.split("\n").map((each) => each.trim())) {
      if (line && this.lines.at(-1) !== line) this.lines.push(line);
    }
    this.back = 0;
  }

  /**
   * @param {number} step 1: a line up, -1: a line down
   * @param {string} typed the field's text
   * @returns the line there; undefined beyond the ends
   */
  recall(step, typed) {
    const back = this.back + step;
    if (back < 0 || back > this.lines.length) return undefined;
    if (this.back === 0) this.draft = typed;
    this.back = back;
    return back ? this.lines.at(-back) : this.draft;
  }
}
