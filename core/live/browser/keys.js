// What keys and pastes become before a terminal gets them.

/** A text that is typed while Ctrl is held: c becomes Ctrl-C. @param {string} text */
export function controlled(text) {
  if (text.length !== 1) return text;
  const code = text.toUpperCase().charCodeAt(0);
  if (text === " ") return "\0";
  if (text === "?") return "\x7f";
  return code >= 64 && code < 96 ? String.fromCharCode(code - 64) : text;
}

/** A pasted text without control codes: only tabs and line ends are left. @param {string} text */
export function pasted(text) {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");
}

/** A line as it is typed and not run: nothing in it is a key. @param {string} line */
export function unsent(line) {
  return pasted(line).replace(/[\t\r\n]+/g, " ");
}
