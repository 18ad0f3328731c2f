// One websocket per browser tab, shared by all that is live on its page; it comes back by itself.

import { changed } from "./changes.js";

const RETRY_MS = 500;
const links = new Map();

class Link {
  constructor(address) {
    this.address = address;
    this.followers = new Set();
    this.latest = new Map(); // the last message of each topic, for whoever follows later
    this.linked = null; // not known yet: on a busy machine it takes a while to be let in
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.onopen = () => this.tell((follower) => follower.link((this.linked = true)));
    this.socket.onmessage = (event) => {
      const message = this.whole(JSON.parse(event.data));
      if (!message) return this.socket.close(); // whoever comes again is told all
      this.latest.set(message.topic, message);
      this.tell((follower) => follower.receive(message));
    };
    this.socket.onclose = () => {
      if (this.closed) return;
      this.tell((follower) => follower.link((this.linked = false)));
      this.retry = setTimeout(() => this.open(), RETRY_MS);
    };
  }

  // The message in full, where the server has sent what has changed since the one before.
  whole(message) {
    if (!message.patch) return message;
    const before = this.latest.get(message.topic);
    if (before?.number !== message.since) return null;
    return { ...changed(before, message.patch), number: message.number };
  }

  tell(word) {
    for (const follower of [...this.followers]) word(follower);
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket.close();
    links.delete(this.address);
  }
}

// Follow what the server pushes of the cluster that a page shows, given the data of `address()`:
// `follower.receive(message)` for each message, which is never to be changed, `follower.link(bool)`
// as the server comes and goes, or null where it has not answered yet. Answers a function that ends it.
export function follow(data, follower) {
  const address = socketAddress(data);
  let link = links.get(address);
  if (!link) links.set(address, (link = new Link(address)));
  link.followers.add(follower);
  follower.link(link.linked);
  for (const message of link.latest.values()) follower.receive(message);
  return () => {
    link.followers.delete(follower);
    // A page that follows next keeps the link: wait before giving it up.
    setTimeout(() => {
      if (!link.followers.size && !link.closed) link.close();
    }, 2000);
  };
}

function socketAddress({ files, language, cluster }) {
  const server = `${location.origin}${files}`.replace(/^http/, "ws").replace(/[^/]*$/, "socket");
  return `${server}?lang=${language}&cluster=${cluster}`;
}

// What a component's script answers to Streamlit: one `Shown` for each place on the page, told of
// every later run, and of what the server pushes in the language that the page has now.
export function mount(Shown) {
  const known = new WeakMap();
  return (component) => {
    const place = component.parentElement,
      address = socketAddress(component.data);
    let shown = known.get(place);
    if (shown) shown.update(component);
    else known.set(place, (shown = new Shown(component)));
    if (shown.follows !== address) {
      shown.follows = address;
      shown.stop?.();
      shown.stop = follow(component.data, shown);
    }
    return () => {
      known.get(place)?.close();
      known.delete(place);
    };
  };
}
