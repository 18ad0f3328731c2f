// The way to another cluster. Its key is in a cookie, which only an answer of the server can set: so
// the browser asks for the page anew.

export default function leave({ data }) {
  location.assign(location.pathname + data.query);
}
