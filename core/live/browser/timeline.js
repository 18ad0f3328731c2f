// The timeline: bars of all replicas over time, a slider that goes back, and the tiles and counts of
// the instant it stands at. All of it moves in the browser; the server only sends what is new.

import { Bars, clock } from "./bars.js";
import { Recording } from "./record.js";
import { follow } from "./socket.js";
import { SIGNS, Tiles } from "./tiles.js";

const ASK_MS = 300; // at most one question to the server in this time
const MOST = 40_000; // changes kept here; past it, the server's shorter record is taken anew
const ACTIONS = 60; // lines in the list

class Timeline {
  constructor(component) {
    const at = (name) => component.parentElement.querySelector(`[data-part="${name}"]`);
    this.at = at;
    this.root = component.parentElement.querySelector(".essaim-timeline");
    this.recording = new Recording();
    this.live = true;
    this.playing = false;
    this.speed = 1;
    this.span = 120;
    this.cursor = "";
    this.time = 0;
    const { words } = component.data;
    this.tiles = new Tiles(at("nodes"), words, () => {});
    this.tiles.may = false;
    this.bars = new Bars(
      at("bars"),
      words,
      (time) => this.go(time),
      (hit) => this.point(hit),
    );
    at("slider").oninput = () => this.go(Number(at("slider").value));
    at("play").onclick = () => this.play(!this.playing);
    at("live").onclick = () => this.goLive();
    for (const button of this.root.querySelectorAll("[data-speed]")) {
      button.onclick = () => {
        this.speed = Number(button.dataset.speed);
        this.say();
      };
    }
    for (const button of this.root.querySelectorAll("[data-span]")) {
      button.onclick = () => {
        this.span = Number(button.dataset.span);
        this.say();
        this.draw();
      };
    }
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(at("bars").parentElement);
    this.update(component);
  }

  update(component) {
    this.component = component;
    const { words, opened, language } = component.data;
    this.tiles.words = words;
    this.bars.words = words;
    for (const [part, word] of [
      ["play", "play"],
      ["live", "live"],
      ["actions-title", "actions"],
    ]) {
      this.at(part).textContent = words[word];
    }
    this.at("slider").setAttribute("aria-label", words.slider);
    this.root.querySelector('[data-span="0"]').textContent = words.all;
    const source = opened ? opened.name : "";
    // What was done is told in the page's language: another one asks for all of it again.
    const told = `${language} ${source}`;
    if (told !== this.told) this.change(told, source, opened);
    this.say();
    this.draw();
  }

  // From the live cluster to a file, or back.
  change(told, source, opened) {
    this.told = told;
    this.source = source;
    this.stop?.();
    this.stop = null;
    this.cursor = "";
    this.recording.clear();
    this.playing = false;
    this.live = !opened;
    this.at("live").hidden = Boolean(opened);
    this.root.dataset.file = String(Boolean(opened));
    if (!opened) {
      this.stop = follow(this.component.data, this);
      return;
    }
    this.recording.add({ whole: true, ...opened });
    this.list();
    this.span = 0;
    this.time = this.recording.start;
  }

  link(linked) {
    if (linked) this.ask();
  }

  receive(message) {
    if (message.topic === "pulse") {
      this.heard = { time: message.time, at: performance.now() };
      // What was done and changed nothing, or was refused, comes with the pulse only.
      if (!(this.beat = ((this.beat || 0) + 1) % 3)) this.ask();
      this.tick();
    }
    if (message.topic === "cluster") this.ask();
  }

  ask() {
    this.asking ||= setTimeout(() => this.fetch(), ASK_MS);
  }

  async fetch() {
    const { files, language, cluster } = this.component.data;
    const address = `${location.origin}${files}`.replace(/[^/]*$/, "timeline");
    const query = new URLSearchParams({ after: this.cursor, lang: language, cluster: cluster || "" });
    const { told } = this;
    try {
      const answer = await fetch(`${address}?${query}`);
      if (answer.ok) this.take(await answer.json(), told);
    } catch {
      this.cursor = ""; // the server is gone; it may come back as another
    } finally {
      this.asking = null;
    }
  }

  take(news, told) {
    if (told !== this.told || this.closed) return;
    this.recording.add(news);
    this.cursor = this.recording.changes.length > MOST ? "" : news.cursor;
    this.list();
    this.tick();
  }

  // Time goes on: of the cluster, and of what is played.
  tick() {
    const { heard, recording } = this;
    if (heard && !this.source) recording.end = Math.max(recording.end, heard.time);
    if (this.live) this.time = recording.end;
    this.draw();
  }

  go(time) {
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

  play(on) {
    this.playing = on;
    if (on) {
      if (this.live || this.time >= this.recording.end) this.time = this.recording.start;
      this.live = false;
      this.last = performance.now();
      requestAnimationFrame((now) => this.step(now));
    }
    this.say();
  }

  step(now) {
    if (!this.playing || this.closed) return;
    this.time += (Math.max(0, now - this.last) / 1000) * this.speed;
    this.last = now;
    if (this.time >= this.recording.end) {
      this.time = this.recording.end;
      this.playing = false;
      this.live = !this.source;
      this.say();
    }
    this.draw();
    if (this.playing) requestAnimationFrame((next) => this.step(next));
  }

  // Which buttons are pressed, in words and looks.
  say() {
    const { words } = this.component.data;
    this.at("play").textContent = this.playing ? words.pause_playing : words.play;
    this.at("live").setAttribute("aria-pressed", String(this.live));
    this.root.dataset.live = String(this.live);
    for (const button of this.root.querySelectorAll("[data-speed]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === this.speed));
    }
    for (const button of this.root.querySelectorAll("[data-span]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.span) === this.span));
    }
  }

  draw() {
    if (this.drawing || this.closed) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.paint();
    });
  }

  paint() {
    const { recording, time } = this;
    if (!recording.start || this.closed) return;
    const [from, to] = this.window();
    this.bars.draw(recording, from, to, time);
    const slider = this.at("slider");
    slider.min = recording.start;
    slider.max = Math.max(recording.end, recording.start + 0.1);
    slider.value = time;
    slider.setAttribute("aria-valuetext", clock(time));
    this.at("time").textContent = clock(time);
    const picture = recording.at(time);
    if (picture.count !== this.painted || this.told !== this.paintedOf) {
      this.painted = picture.count;
      this.paintedOf = this.told;
      this.tiles.draw(picture, "");
      this.count(picture);
    }
    for (const row of this.at("actions").children) {
      row.dataset.past = String(Number(row.dataset.time) <= time);
    }
  }

  window() {
    const { recording, time, span } = this;
    const length = recording.end - recording.start;
    if (!span || length <= span) {
      return [recording.start, Math.max(recording.end, recording.start + Math.min(span || 10, 20))];
    }
    const last = Math.min(recording.end, Math.max(time + span / 2, recording.start + span));
    return this.live ? [recording.end - span, recording.end] : [last - span, last];
  }

  // In words: how many of each phase, and of each service how many run of those wanted.
  count(picture) {
    const tiles = [...picture.nodes.flatMap((node) => node.tiles), ...picture.unplaced];
    const { words } = this.component.data;
    const phases = Object.keys(SIGNS).map((phase) => [phase, tiles.filter((tile) => tile.phase === phase).length]);
    const texts = phases
      .filter(([phase, count]) => count || phase === "running")
      .map(([phase, count]) => `${SIGNS[phase]} ${count} ${words[`phase_${phase}`]}`);
    for (const service of picture.services) {
      const runs = tiles.filter((tile) => tile.service === service.id && tile.phase === "running").length;
      texts.push(`${service.name} ${runs}${service.replicas === null ? "" : `/${service.replicas}`}`);
    }
    if (picture.trouble) texts.push(`▲ ${picture.trouble}`);
    this.at("counts").textContent = texts.join("  ·  ");
  }

  point(hit) {
    const { words } = this.component.data;
    const until = hit && (hit.span.to === null ? words.now : clock(hit.span.to));
    this.at("pointed").textContent = hit
      ? `${hit.name} · ${hit.node} · ${SIGNS[hit.span.phase]} ${words[`phase_${hit.span.phase}`]} · ${clock(hit.span.from)} → ${until}`
      : words.hint;
  }

  // What was done, newest first; a press goes there.
  list() {
    const { words } = this.component.data;
    const rows = [
      ...this.recording.actions.map(({ time, line, error }) => ({ time, text: line, error })),
      ...this.recording.marks.map(({ time, text }) => ({ time, text, mark: true })),
    ]
      .sort((a, b) => b.time - a.time)
      .slice(0, ACTIONS);
    const box = this.at("actions");
    const key = JSON.stringify(rows);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.replaceChildren(
      ...rows.map(({ time, text, error, mark }) => {
        const row = document.createElement("button");
        row.type = "button";
        row.dataset.time = time;
        const when = document.createElement("time");
        when.textContent = clock(time);
        const what = document.createElement(mark ? "span" : "code");
        what.textContent = error ? `${text} — ✕ ${error}` : text;
        row.append(when, what);
        row.onclick = () => this.go(time);
        return row;
      }),
    );
    this.at("actions-none").textContent = rows.length ? "" : words.nothing;
  }

  close() {
    this.closed = true;
    clearTimeout(this.asking);
    this.stop?.();
    this.resize.disconnect();
  }
}

const known = new WeakMap();

export default function timeline(component) {
  const key = component.parentElement;
  if (known.has(key)) known.get(key).update(component);
  else known.set(key, new Timeline(component));
  return () => {
    known.get(key)?.close();
    known.delete(key);
  };
}
