// Goes to another cluster. Its key is in a cookie, which only the server can set: so the browser loads the page again.

/** @param {import("./types").Run<{ query: string }>} run */
export default function leave({ data }) {
  location.assign(location.pathname + data.query);
}
