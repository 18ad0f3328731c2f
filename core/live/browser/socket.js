// One websocket per browser tab, shared by all that is live on its page. It reconnects by itself.

import { changed } from "./changes.js";

/** @import { Follower, Message, PageData, Sent } from "./types" */

const RETRY_MS = 500;
/** @type {Map<string, Link>} */ const links = new Map();

class Link {
  /** @type {Set<Follower>} */ followers = new Set();
  /** @type {Map<string, Message & Sent>} */ latest = new Map(); // the last message of each topic, for later followers
  /** @type {boolean | null} */ linked = null; // null: not known yet, since a busy machine takes a while to answer
  closed = false;

  constructor(/** @type {string} */ address) {
    this.address = address;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.onopen = () => this.tell((follower) => follower.link((this.linked = true)));
    this.socket.onmessage = (event) => {
      const message = this.whole(JSON.parse(event.data));
      if (!message) return this.socket?.close(); // after reconnecting, the server sends everything
      this.latest.set(message.topic, message);
      this.tell((follower) => follower.receive(message));
    };
    this.socket.onclose = () => {
      if (this.closed) return;
      this.tell((follower) => follower.link((this.linked = false)));
      this.retry = setTimeout(() => this.open(), RETRY_MS);
    };
  }

  /** The whole message, where the server has sent only what has changed. @param {Message & Sent} message */
  whole(message) {
    if (!message.patch) return message;
    const before = this.latest.get(message.topic);
    return before?.number === message.since && { ...changed(before, message.patch), number: message.number };
  }

  tell(/** @type {(follower: Follower) => void} */ word) {
    [...this.followers].forEach(word);
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket?.close();
    links.delete(this.address);
  }
}

/**
 * Follow what the server pushes of the cluster that a page shows. Followers must not change a message.
 * @param {PageData} data
 * @param {Follower} follower
 * @returns a function that ends it
 */
export function follow(data, follower) {
  const address = socketAddress(data);
  const link = links.get(address) || new Link(address);
  links.set(address, link);
  link.followers.add(follower);
  follower.link(link.linked);
  for (const message of link.latest.values()) follower.receive(message);
  return () => {
    link.followers.delete(follower);
    // The next page may follow as well: wait before closing.
    setTimeout(() => {
      if (!link.followers.size && !link.closed) link.close();
    }, 2000);
  };
}

export function socketAddress(/** @type {PageData} */ { files, language, cluster }) {
  const server = `${location.origin}${files}`.replace(/^http/, "ws").replace(/[^/]*$/, "socket");
  return `${server}?lang=${language}&cluster=${cluster}`;
}
