// The timeline: bars of all replicas over time, a slider that goes back, and the tiles and counts of the chosen
// instant. All of it moves in the browser; the server only sends what is new.

import { Bars } from "./bars.js";
import { Component, mount } from "./component.js";
import { button, element } from "./dom.js";
import { Recording } from "./recording.js";
import { follow } from "./socket.js";
import { clock } from "./texts.js";
import { allTiles, count, SIGNS, Tiles } from "./tiles.js";

/** @import { Change, Message, PageData, Phase, Run, Words } from "./types" */
/** @typedef {ReturnType<Recording["at"]>} Moment */
/** @typedef {{ start: number, end: number, changes: Change[] }} Stretch */
/** @typedef {PageData & { opened: Stretch & { name: string } | null, words: Words }} Data opened: a file */

const ASK_MS = 300; // at most one question to the server in this time
const MOST = 40_000; // changes kept here; past it, the server's shorter record is taken anew
const ACTIONS = 60; // lines in the list

/**
 * The stretch of time that is drawn.
 * @param {{ start: number, end: number }} recording
 * @param {number} time the chosen instant
 * @param {number} span seconds; 0: all
 * @param {boolean} live
 * @returns {[from: number, to: number]}
 */
export function shownTime({ start, end }, time, span, live) {
  if (!span || end - start <= span) return [start, Math.max(end, start + Math.min(span || 10, 20))];
  const last = live ? end : Math.min(end, Math.max(time + span / 2, start + span));
  return [last - span, last];
}

/** @extends {Component<Data>} */
class Timeline extends Component {
  recording = new Recording();
  live = true;
  playing = false;
  speed = 1;
  span = 120; // seconds that are drawn; 0: all
  cursor = ""; // what the server has told already
  time = 0; // the chosen instant
  /** @type {string | undefined} */ told; // the language and the file that the recording is in
  source = ""; // the file's name
  beat = 0; // pulses
  drawing = 0; // the frame that is asked for
  /** @type {ReturnType<typeof setTimeout> | undefined} */ asking;
  painted = ""; // which picture
  closed = false;

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-timeline"));
    this.tiles = new Tiles(this.at("nodes"));
    this.bars = new Bars(
      this.at("bars"),
      (time) => this.go(time),
      (hit) => this.point(hit),
    );
    this.at("slider").oninput = () => this.go(Number(this.at("slider").value));
    this.at("play").onclick = () => this.play(!this.playing);
    this.at("live").onclick = () => this.goLive();
    for (const [each, kind] of this.buttons()) {
      each.onclick = () => {
        this[kind] = Number(each.dataset[kind]);
        this.say();
        this.draw();
      };
    }
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.at("bars").parentElement);
  }

  /** The buttons that choose a speed or a span. @returns {[HTMLElement, "speed" | "span"][]} */
  buttons() {
    /** @type {NodeListOf<HTMLElement>} */ const all = this.root.querySelectorAll("[data-speed], [data-span]");
    return Array.from(all, (each) => [each, each.dataset.speed ? "speed" : "span"]);
  }

  update(/** @type {Run<Data>} */ run) {
    this.run = run;
    const { words, opened, language } = run.data;
    this.at("live").textContent = words.live;
    this.at("actions-title").textContent = words.actions;
    this.at("slider").setAttribute("aria-label", words.slider);
    for (const [each] of this.buttons()) if (each.dataset.span === "0") each.textContent = words.all;
    // The list of actions is in the page's language: another language asks for all of it again.
    const told = `${language} ${opened ? opened.name : ""}`;
    if (told !== this.told) this.change(told);
    this.say();
    this.draw();
  }

  /** From the live cluster to a file, or back. @param {string} told */
  change(told) {
    const { opened } = this.data;
    this.stop?.();
    this.recording.clear();
    Object.assign(this, {
      told,
      stop: undefined,
      cursor: "",
      playing: false,
      live: !opened,
      source: opened?.name || "",
    });
    this.at("live").hidden = Boolean(opened);
    this.root.dataset.file = String(Boolean(opened));
    if (!opened) {
      this.stop = follow(this.data, this);
      return;
    }
    this.recording.add({ whole: true, ...opened });
    this.list();
    this.span = 0;
    this.time = this.recording.start;
  }

  link(/** @type {boolean | null} */ linked) {
    if (linked) this.ask();
  }

  receive(/** @type {Message} */ message) {
    if (message.topic === "cluster") this.ask();
    if (message.topic !== "pulse") return;
    this.heard = message.time;
    // Actions that changed nothing, or were refused, come with the pulse only.
    this.beat = (this.beat + 1) % 3;
    if (!this.beat) this.ask();
    this.tick();
  }

  ask() {
    this.asking ||= setTimeout(() => this.fetch(), ASK_MS);
  }

  async fetch() {
    const { files, language, cluster } = this.data;
    const address = `${location.origin}${files}`.replace(/[^/]*$/, "timeline");
    const query = new URLSearchParams({ after: this.cursor, lang: language, cluster: cluster || "" });
    const { told } = this;
    try {
      const answer = await fetch(`${address}?${query}`);
      if (answer.ok) this.take(await answer.json(), told);
    } catch {
      this.cursor = ""; // the server is gone; it may come back as another
    } finally {
      this.asking = undefined;
    }
  }

  take(/** @type {Stretch & { cursor: string }} */ news, /** @type {string | undefined} */ told) {
    if (told !== this.told || this.closed) return;
    this.recording.add(news);
    this.cursor = this.recording.changes.length > MOST ? "" : news.cursor;
    this.list();
    this.tick();
  }

  /** Time goes on. */
  tick() {
    const { heard, recording } = this;
    if (heard && !this.source) recording.end = Math.max(recording.end, heard);
    if (this.live) this.time = recording.end;
    this.draw();
  }

  go(/** @type {number} */ time) {
    this.live = false;
    this.playing = false;
    this.time = Math.min(Math.max(time, this.recording.start), this.recording.end);
    this.say();
    this.draw();
  }

  goLive() {
    this.live = true;
    this.playing = false;
    this.tick();
    this.say();
  }

  play(/** @type {boolean} */ on) {
    this.playing = on;
    if (on) {
      if (this.live || this.time >= this.recording.end) this.time = this.recording.start;
      this.live = false;
      const began = performance.now();
      requestAnimationFrame((now) => this.step(now, began));
    }
    this.say();
  }

  /** @param {number} now @param {number} last the frame before, in ms */
  step(now, last) {
    if (!this.playing || this.closed) return;
    this.time += (Math.max(0, now - last) / 1000) * this.speed;
    if (this.time >= this.recording.end) {
      this.time = this.recording.end;
      this.playing = false;
      this.live = !this.source;
      this.say();
    }
    this.draw();
    if (this.playing) requestAnimationFrame((next) => this.step(next, now));
  }

  /** Which buttons are pressed, in words and looks. */
  say() {
    const { words } = this.data;
    this.at("play").textContent = this.playing ? words.pause_playing : words.play;
    this.at("live").setAttribute("aria-pressed", String(this.live));
    this.root.dataset.live = String(this.live);
    for (const [each, kind] of this.buttons()) {
      each.setAttribute("aria-pressed", String(Number(each.dataset[kind]) === this[kind]));
    }
  }

  draw() {
    if (this.drawing || this.closed) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.paint();
    });
  }

  paint() {
    const { recording, time } = this;
    const { start, end } = recording;
    if (!start || this.closed) return;
    const [from, to] = shownTime(recording, time, this.span, this.live);
    this.bars.draw(recording, from, to, time, this.data.words.nowhere);
    const slider = this.at("slider");
    Object.assign(slider, { min: start, max: Math.max(end, start + 0.1), value: time });
    slider.setAttribute("aria-valuetext", clock(time));
    this.at("time").textContent = clock(time);
    const picture = recording.at(time);
    const painted = `${picture.count} ${this.told}`;
    if (painted !== this.painted) {
      this.painted = painted;
      this.tiles.draw(picture, "", { words: this.data.words });
      this.count(picture);
    }
    for (const row of this.at("actions").children) {
      row.dataset.past = String(Number(row.dataset.time) <= time);
    }
  }

  /** In words: how many of each phase, and of each service how many run of those wanted. @param {Moment} picture */
  count(picture) {
    const tiles = allTiles(picture);
    const { words } = this.data;
    const texts = /** @type {Phase[]} */ (Object.keys(SIGNS))
      .filter((phase) => phase === "running" || count(tiles, phase))
      .map((phase) => `${SIGNS[phase]} ${count(tiles, phase)} ${words[`phase_${phase}`]}`);
    for (const { id, name, replicas } of picture.services) {
      const of = tiles.filter((tile) => tile.service === id);
      texts.push(`${name} ${count(of, "running")}${replicas === null ? "" : `/${replicas}`}`);
    }
    if (picture.trouble) texts.push(`▲ ${picture.trouble}`);
    this.at("counts").textContent = texts.join("  ·  ");
  }

  point(/** @type {import("./bars.js").Hit | undefined} */ hit) {
    const { words } = this.data;
    let text = words.hint;
    if (hit) {
      const { from, to, phase } = hit.span;
      const until = to === null ? words.now : clock(to);
      const state = `${SIGNS[phase]} ${words[`phase_${phase}`]}`;
      text = `${hit.name} · ${hit.node} · ${state} · ${clock(from)} → ${until}`;
    }
    this.at("pointed").textContent = text;
  }

  /** The actions, newest first; a press goes there. */
  list() {
    const { actions, marks } = this.recording;
    const rows = [
      ...actions.map(({ time, line, error }) => ({ time, tag: "code", text: error ? `${line} — ✕ ${error}` : line })),
      ...marks.map(({ time, text }) => ({ time, tag: "span", text })),
    ];
    const newest = rows.sort((a, b) => b.time - a.time).slice(0, ACTIONS);
    const box = this.at("actions");
    const key = JSON.stringify(newest);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.replaceChildren();
    for (const { time, tag, text } of newest) {
      const row = button("", box, "", () => this.go(time));
      row.dataset.time = String(time);
      element("time", "", row, clock(time));
      element(/** @type {"code" | "span"} */ (tag), "", row, text);
    }
    this.at("actions-none").textContent = rows.length ? "" : this.data.words.nothing;
  }

  close() {
    super.close();
    this.closed = true;
    clearTimeout(this.asking);
    this.resize.disconnect();
  }
}

export default mount(Timeline);
