// Paths of a machine, and what a file's name and bytes say of it.

/** Bytes of the largest file that is opened; a larger one is slow to type in, and fills the browser's memory. */
export const EDITABLE = 500_000;

/** The folder that a path is in. @param {string} path */
export function parent(path) {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** @param {string} path */
export function base(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** @param {string} folder @param {string} name */
export function join(folder, name) {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** Whether a path is a folder, or in it. @param {string} path @param {string} folder */
export function within(path, folder) {
  return path === folder || path.startsWith(join(folder, ""));
}

/** The path after a folder or file was renamed. @param {string} path @param {string} from @param {string} to */
export function moved(path, from, to) {
  return within(path, from) ? to + path.slice(from.length) : path;
}

/** Whether it can be the name of one file. @param {string} name */
export function isName(name) {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** The text of a file; null where it is none. A text that is written back gives the same bytes. */
export function text(/** @type {Uint8Array} */ bytes) {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The ends of a text's lines. Where they are mixed, \r is a character like others, so that all are kept. */
export function lineEnd(/** @type {string} */ content) {
  const returns = content.split("\r").length - 1;
  const pairs = content.split("\r\n").length - 1;
  const ends = content.split("\n").length - 1;
  return pairs && pairs === returns && pairs === ends ? "\r\n" : "\n";
}

/** @type {[RegExp, string][]} */
const LANGUAGES = [
  [/^(.*\.)?(dockerfile|containerfile)(\..*)?$/i, "dockerfile"],
  [/\.py$/i, "python"],
  [/\.ya?ml$/i, "yaml"],
  [/\.json$/i, "json"],
  [/\.html?$/i, "html"],
  [/(\.(sh|bash|env)|^\.(profile|bashrc|ash_history|env))$/i, "shell"],
];

/** The language that a file is written in; "" for plain text. @param {string} path @param {string} [content] */
export function language(path, content = "") {
  const found = LANGUAGES.find(([pattern]) => pattern.test(base(path)));
  if (found) return found[1];
  const first = /^#!.*\b(?:(python)[\d.]*|(?:ba|da|a|z)?sh)\b/.exec(content.slice(0, 200));
  return first ? first[1] || "shell" : "";
}

/** A number of bytes as a person reads it. @param {number} bytes @param {string} locale @param {string[]} units */
export function size(bytes, locale, [one, thousand, million]) {
  const write = (/** @type {number} */ number) => number.toLocaleString(locale, { maximumFractionDigits: 1 });
  if (bytes < 1000) return `${write(bytes)} ${one}`;
  return bytes < 1e6 ? `${write(bytes / 1e3)} ${thousand}` : `${write(bytes / 1e6)} ${million}`;
}
