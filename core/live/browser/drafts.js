// What was typed into files and is not saved yet. The browser keeps it, whatever becomes of the page and the server.

/**
 * @typedef Draft
 * @property {string} text
 * @property {string | null} tag of the file's content that was edited, as the machine said; null: a new file
 */

const PREFIX = "essaim-draft";

export class Drafts {
  /**
   * @param {Storage} storage
   * @param {string} place whose cluster; "": the browser's own, which may get a new key
   * @param {string} machine
   */
  constructor(storage, place, machine) {
    this.storage = storage;
    this.prefix = `${PREFIX} ${place} ${machine} `;
  }

  /** The paths of files that were edited. */
  paths() {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index) || "");
    const ours = keys.filter((key) => key.startsWith(this.prefix));
    return ours.map((key) => key.slice(this.prefix.length)).sort();
  }

  /** @param {string} path @returns {Draft | null} */
  get(path) {
    return JSON.parse(this.storage.getItem(this.prefix + path) || "null");
  }

  /** @param {string} path @param {Draft} draft @returns whether the browser had room for it */
  put(path, draft) {
    try {
      this.storage.setItem(this.prefix + path, JSON.stringify(draft));
      return true;
    } catch {
      return false;
    }
  }

  /** Forget it. text: only if this is what is kept: another tab may have typed on. @param {string} path @param {string} [text] */
  drop(path, text) {
    if (text === undefined || this.get(path)?.text === text) this.storage.removeItem(this.prefix + path);
  }

  /** The file has another path now. @param {string} path @param {string} to */
  move(path, to) {
    const draft = this.get(path);
    if (draft && this.put(to, draft)) this.drop(path);
  }

  /** Whether a key of the storage is one of ours. @param {string | null} key */
  holds(key) {
    return key === null || key.startsWith(this.prefix);
  }
}
