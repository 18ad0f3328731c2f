// A component of a page: it stays while the page's script runs again, and draws what the server pushes.

import { follow, socketAddress } from "./socket.js";

/**
 * @import { News, Message, PageData, Run, Topic } from "./types"
 */

/** @template {PageData} Data */
export class Component {
  /** @type {Topic[]} */ topics = []; // topics that it draws
  /** @type {Partial<News>} */ news = {}; // the last message of each of its topics
  /** @type {(() => void) | undefined} */ stop; // ends following
  followed = ""; // the address of the socket

  constructor(/** @type {Run<Data>} */ run) {
    this.run = run;
  }

  get data() {
    return this.run.data;
  }

  /** @param {string} name @returns {any} the element of the page's HTML with data-part=NAME */
  at(name) {
    return this.run.parentElement.querySelector(`[data-part="${name}"]`);
  }

  /** Tell the page's script. @param {string} name @param {unknown} value */
  send(name, value) {
    this.run.setTriggerValue(name, value);
  }

  /** The page's script ran: its data may be new. @param {Run<Data>} run */
  update(run) {
    this.run = run;
    this.draw();
    if (this.topics.length) this.follow();
  }

  /** Follow the cluster that the page shows now, in its language. */
  follow() {
    const address = socketAddress(this.data);
    if (address === this.followed) return;
    this.followed = address;
    this.stop?.();
    this.stop = follow(this.data, this);
  }

  receive(/** @type {Message} */ message) {
    if (!this.topics.includes(message.topic)) return;
    Object.assign(this.news, { [message.topic]: message });
    this.draw(message.topic);
  }

  /** The server came or went. @param {boolean | null} _linked */
  link(_linked) {}

  /** @param {Topic} [_topic] that is new; without it, anything may be */
  draw(_topic) {}

  close() {
    this.stop?.();
  }
}

/**
 * The function that Streamlit calls at each run of the page's script: one component for each place on the page.
 * @template {PageData} Data
 * @param {new (run: Run<Data>) => Component<Data>} Shown
 */
export function mount(Shown) {
  /** @type {WeakMap<Element, Component<Data>>} */ const known = new WeakMap();
  return (/** @type {Run<Data>} */ run) => {
    const place = run.parentElement;
    const shown = known.get(place) || new Shown(run);
    known.set(place, shown);
    shown.update(run);
    return () => {
      // Streamlit also ends a run that a later one overtook, at the same place: the component goes on there.
      if (place.isConnected) return;
      known.get(place)?.close();
      known.delete(place);
    };
  };
}
