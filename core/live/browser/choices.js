// Keeps what the viewer chose, such as the language, in a cookie: so the server knows it when they come again.

/**
 * @import { PageData, Run } from "./types"
 * @typedef {PageData & { cookie: string, made: Record<string, string> }} Data made: the choices of this session
 */

const YEAR = 365 * 24 * 3600; // seconds
let kept = ""; // what this page has written: a later run must not undo another tab's choice

/** The value of the cookie of this name. @param {string} cookies as document.cookie has them @param {string} name */
export function valueOf(cookies, name) {
  const found = cookies.split("; ").find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
}

/** Both as a query: what is there, and what was chosen since. @param {string} there @param {Record<string, string>} made */
export function merged(there, made) {
  const all = new URLSearchParams(there);
  for (const [name, value] of Object.entries(made)) all.set(name, value);
  return all.toString();
}

/** @param {Run<Data>} run */
export default function keep({ data }) {
  const made = JSON.stringify(data.made);
  if (made === kept) return;
  kept = made;
  const value = merged(valueOf(document.cookie, data.cookie), data.made);
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.cookie}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}
