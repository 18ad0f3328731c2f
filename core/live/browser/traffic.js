// The picture of a run of traffic: its progress, its totals, the flow, two charts, and reports on the changes
// meanwhile. The strip on the home page has the first lines only.

import { Chart } from "./charts.js";
import { Component, mount } from "./component.js";
import { Children, element, setText, textChildren } from "./dom.js";
import { Flow } from "./flow.js";
import { fill, number } from "./texts.js";

/** @import { PageData, Report, Run, Topic, Traffic as Told, Words } from "./types" */
/** @typedef {PageData & { compact: boolean, may: boolean, words: Words }} Data compact: the strip */

const ACTS = ["start", "pause", "resume", "stop"];
/** @type {(keyof Told["totals"])[]} */ const TOTALS = ["sent", "answered", "failed", "waiting"];

/** @extends {Component<Data>} */
class Traffic extends Component {
  /** @type {Topic[]} */ topics = ["cluster", "traffic", "traffic_charts"];

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-traffic"));
    for (const act of ACTS) this.at(act).onclick = () => this.send("act", act);
    if (!run.data.compact) this.whole = new Whole(this);
  }

  /** @param {Topic} [topic] */
  draw(topic) {
    const { traffic, traffic_charts: charts } = this.news;
    if (charts?.run && topic === "traffic_charts") this.whole?.drawCharts(charts.figures);
    if (topic === "traffic_charts") return;
    const { may, words, language } = this.data;
    if (!topic) {
      /** @type {NodeListOf<HTMLElement>} */ const named = this.root.querySelectorAll("[data-word]");
      for (const part of named) setText(part, words[part.dataset.word || ""]);
    }
    const state = traffic?.run ? traffic.state : "none";
    const on = state === "running" || state === "paused";
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
    this.at("start").disabled = !may || on || state === "ending";
    this.at("pause").hidden = state === "paused";
    this.at("resume").hidden = state !== "paused";
    for (const act of ACTS.slice(1)) this.at(act).disabled = !may || !on;
    if (!traffic?.run) return;
    const { totals, planned } = traffic;
    const say = (/** @type {number} */ value) => number(value, language);
    this.at("bar").style.width = `${Math.min(100, (100 * totals.sent) / planned)}%`;
    setText(this.at("said"), `${traffic.said} · ${say(totals.sent)} / ${say(planned)}`);
    for (const part of TOTALS) {
      setText(this.at(part), say(totals[part]));
      this.at(part).parentElement.dataset.zero = String(totals[part] === 0);
    }
    setText(this.at("latest"), traffic.latest);
    setText(this.at("unknown"), totals.unknown ? fill(words.unknown, { count: say(totals.unknown) }) : "");
    setText(this.at("failures"), traffic.failures && `(${traffic.failures})`);
    this.whole?.draw(traffic);
  }

  close() {
    super.close();
    this.whole?.close();
  }
}

/** What the strip leaves out. */
class Whole {
  constructor(/** @type {Traffic} */ traffic) {
    this.traffic = traffic;
    this.at = (/** @type {string} */ name) => traffic.at(name);
    this.flow = new Flow(this.at("flow"));
    this.answered = new Chart(this.at("answered_chart"), traffic.data, 14);
    this.latency = new Chart(this.at("latency_chart"), traffic.data, 13);
    /** @type {Children<Report & { id: number }, ReturnType<Whole["makeReport"]>>} */
    this.reports = new Children(this.at("reports"), () => this.makeReport());
    this.runsHead = textChildren(this.at("runs_head"), "th");
    this.runs = new Children(this.at("runs"), (/** @type {{ id: number, texts: string[] }} */ _run) => {
      const root = element("tr");
      return { root, cells: textChildren(root, "td") };
    });
  }

  draw(/** @type {Told} */ run) {
    const { data, news } = this.traffic;
    const { words, language } = data;
    const { percentiles, reports, runs } = run;
    const [p50, p95, p99] = percentiles.map((ms) => number(ms, language, ms !== null && ms >= 10 ? 0 : 1));
    this.answered.name(words.answered_title);
    this.latency.name(words.latency_title);
    setText(this.at("percentiles"), fill(words.percentiles, { p50, p95, p99 }));
    setText(this.at("fairness"), number(run.fairness, language, 2));
    setText(this.at("fair"), run.fair);
    if (news.cluster) this.flow.draw(news.cluster, run, data);
    this.at("reports_frame").hidden = !reports.length;
    const items = reports.map((report) => ({ ...report, id: report.began }));
    for (const [box, report] of this.reports.update(items)) {
      box.root.dataset.well = String(report.well !== null);
      setText(box.head, report.title);
      setText(box.outcome, report.outcome);
      box.steps(report.steps.map(([at, text]) => `+${number(at, language, 1)} s  ${text}`));
    }
    // Runs side by side: what a kept connection changes, or fifteen replicas instead of one.
    this.at("runs_frame").hidden = runs.length < 2;
    this.runsHead(words.runs.split("|"));
    const rows = runs.map((texts, id) => ({ id, texts }));
    for (const [row, { texts }] of this.runs.update(rows)) row.cells(texts);
  }

  makeReport() {
    const root = element("article");
    const head = element("h3", "", root);
    const outcome = element("p", "", root);
    return { root, head, outcome, steps: textChildren(element("ol", "", root), "li") };
  }

  drawCharts(/** @type {Record<"answered" | "latency", import("./types").Figure>} */ figures) {
    this.answered.draw(figures.answered);
    this.latency.draw(figures.latency);
  }

  close() {
    for (const part of [this.flow, this.answered, this.latency]) part.close();
  }
}

export default mount(Traffic);
