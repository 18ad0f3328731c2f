// The files of one machine, over the routes of core/machines/routes.py.

import { base, parent } from "./file_names.js";

/** @import { PageData } from "./types" */
/** @typedef {{ name: string, kind: "file" | "folder" | "link", size: number, mtime: number }} Entry */

/** An act that was refused. */
export class Refused extends Error {
  /** @param {number} status of the answer; 0: none came @param {string} message a sentence for the viewer */
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the server, or the cluster, is only not there now. */
  get lost() {
    return this.status === 0 || this.status === 502 || this.status === 503;
  }
}

export class MachineFiles {
  /** @param {PageData} data @param {string} machine @param {string} unanswered the sentence where no answer comes */
  constructor({ files, language, cluster }, machine, unanswered) {
    this.root = files.replace(/live\/[^/]*$/, `machines/${encodeURIComponent(machine)}`);
    this.query = { lang: language, cluster };
    this.unanswered = unanswered;
  }

  /** @param {string} method @param {string} part @param {string | null} path @param {RequestInit} [more] */
  async ask(method, part, path, more = {}) {
    const query = new URLSearchParams({ ...this.query, ...(path === null ? {} : { path }) });
    let answer;
    try {
      answer = await fetch(`${this.root}/${part}?${query}`, { method, ...more });
    } catch {
      throw new Refused(0, this.unanswered);
    }
    if (answer.ok && !answer.headers.get("content-type")?.startsWith("text/html")) return answer;
    const said = await answer.json().catch(() => ({}));
    throw new Refused(answer.ok ? 0 : answer.status, said.message || this.unanswered);
  }

  /** What is in a folder: folders first. @param {string} path @returns {Promise<Entry[]>} */
  async list(path) {
    const { entries } = await (await this.ask("GET", "files", path)).json();
    const folder = (/** @type {Entry} */ entry) => Number(entry.kind !== "folder");
    return entries.sort(
      (/** @type {Entry} */ a, /** @type {Entry} */ b) => folder(a) - folder(b) || (a.name < b.name ? -1 : 1),
    );
  }

  /** @param {string} path */
  async read(path) {
    const answer = await this.ask("GET", "file", path);
    return { bytes: new Uint8Array(await answer.arrayBuffer()), tag: answer.headers.get("etag") ?? "*" };
  }

  /**
   * Write a file, unless the machine holds something else than what was seen: that is refused with 412.
   * @param {string} path
   * @param {string | Blob} content
   * @param {string | null} seen the tag of what was read; null: there is no such file; "*": whatever is there
   * @returns {Promise<string>} the new tag
   */
  async write(path, content, seen) {
    /** @type {Record<string, string>} */ const headers = seen === null ? { "If-None-Match": "*" } : {};
    if (seen !== null && seen !== "*") headers["If-Match"] = seen;
    return (await this.ask("PUT", "file", path, { body: content, headers })).headers.get("etag") ?? "*";
  }

  /** @param {string} path */
  async makeFolder(path) {
    await this.send("files", { path });
  }

  /** The same with the folders above it, as far as they are not there. @param {string} path */
  async makeFolders(path) {
    try {
      await this.makeFolder(path);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 409) return;
      if (error.status !== 404 || path === "/") throw error;
      await this.makeFolders(parent(path));
      await this.makeFolder(path);
    }
  }

  /** @param {string} from @param {string} to */
  async rename(from, to) {
    await this.send("rename", { from, to });
  }

  /** A file, or a folder with all in it. @param {string} path */
  async remove(path) {
    await this.ask("DELETE", "file", path);
  }

  /** Hand a file, or a folder as a tar, to the browser's downloads. @param {string} path @param {boolean} folder */
  async download(path, folder) {
    const answer = await this.ask("GET", folder ? "archive" : "file", path);
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = (base(path) || "machine") + (folder ? ".tar" : "");
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** @param {string} part @param {Record<string, string>} paths */
  send(part, paths) {
    const headers = { "Content-Type": "application/json" };
    return this.ask("POST", part, null, { body: JSON.stringify(paths), headers });
  }
}
