// Files that are dropped on a page or chosen, with the folders that they lie in, on their way to a machine.

import { join } from "./file_names.js";
import { Refused } from "./machine_files.js";

/** @import { MachineFiles } from "./machine_files.js" */
/** @typedef {{ path: string, file: File }} Upload path: below the folder that they are sent to */

/**
 * What was dropped. Call it while the event is handled: later the browser tells nothing any more.
 * @param {DataTransfer} transfer
 * @returns {Promise<{ uploads: Upload[], folders: string[] }>} folders: paths, each after the one that it is in
 */
export async function dropped(transfer) {
  /** @type {Upload[]} */ const uploads = [];
  /** @type {string[]} */ const folders = [];
  /** @type {FileSystemEntry[]} */ const entries = [];
  for (const item of transfer.items) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) uploads.push({ path: file.name, file });
  }

  /** @param {FileSystemEntry} entry @param {string} path */
  async function take(entry, path) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => /** @type {any} */ (entry).file(resolve, reject));
      uploads.push({ path, file });
      return;
    }
    folders.push(path);
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    for (;;) {
      /** @type {FileSystemEntry[]} */
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return;
      for (const each of some) await take(each, `${path}/${each.name}`);
    }
  }

  for (const entry of entries) await take(entry, entry.name);
  return { uploads, folders };
}

/**
 * Send them, one after the other. Raises Refused.
 * @param {MachineFiles} machine
 * @param {string} folder
 * @param {{ uploads: Upload[], folders?: string[] }} what
 * @param {{ sending: (name: string, number: number) => void, replace: (name: string) => Promise<boolean> }} tell
 *   replace: asks about a file that is there already
 * @returns {Promise<number>} how many were sent
 */
export async function sent(machine, folder, { uploads, folders = [] }, { sending, replace }) {
  for (const each of folders) {
    await machine.makeFolder(join(folder, each)).catch((error) => {
      if (error.status !== 409) throw error; // it is there
    });
  }
  let count = 0;
  for (const [index, { path, file }] of uploads.entries()) {
    sending(path, index + 1);
    const to = join(folder, path);
    try {
      await machine.write(to, file, null);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 412)) throw error;
      if (!(await replace(path))) continue;
      await machine.write(to, file, "*");
    }
    count += 1;
  }
  return count;
}
