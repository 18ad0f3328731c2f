// The picture of a run of traffic: its progress, its totals, the flow, two charts, and reports on
// what was done meanwhile. The strip on the home page is the same with its first lines only.

import { Chart } from "./charts.js";
import { Flow, keep, number, setText } from "./flow.js";
import { mount } from "./socket.js";

const PARTS = ["sent", "answered", "failed", "waiting"];

class Traffic {
  constructor(component) {
    this.component = component;
    const { data, parentElement } = component;
    this.root = parentElement.querySelector(".essaim-traffic");
    this.at = Object.fromEntries(
      [...this.root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
    );
    for (const act of ["start", "pause", "resume", "stop"]) {
      this.at[act].onclick = () => this.component.setTriggerValue("act", act);
    }
    if (!data.compact) {
      const plotly = `${location.origin}${data.files}/plotly.min.js`;
      this.flow = new Flow(this.at.flow);
      this.charts = {
        answered: new Chart(this.at.answered_chart, plotly, 14),
        latency: new Chart(this.at.latency_chart, plotly, 13),
      };
      this.reports = new Map();
    }
    this.update(component);
  }

  // A later run of the script: new words or rights, the same picture.
  update(component) {
    this.component = component;
    const { words } = component.data;
    for (const part of this.root.querySelectorAll("[data-word]")) setText(part, words[part.dataset.word]);
    this.draw();
  }

  link() {}

  receive(message) {
    if (message.topic === "cluster") this.cluster = message;
    else if (message.topic === "traffic") this.run = message;
    else if (message.topic === "traffic_charts") return this.drawCharts(message);
    else return;
    this.draw();
  }

  draw() {
    const { data } = this.component;
    const run = this.run?.run ? this.run : null;
    const state = run ? run.state : "none";
    const on = state === "running" || state === "paused";
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
    this.at.start.disabled = !data.may || on || state === "ending";
    this.at.pause.hidden = state === "paused";
    this.at.resume.hidden = state !== "paused";
    this.at.pause.disabled = this.at.resume.disabled = this.at.stop.disabled = !data.may || !on;
    if (!run) return;
    const { totals, planned } = run;
    const say = (value, places) => number(value, data.language, places);
    this.at.bar.style.width = `${Math.min(100, (100 * totals.sent) / planned)}%`;
    setText(this.at.said, `${run.said} · ${say(totals.sent)} / ${say(planned)}`);
    for (const part of PARTS) {
      setText(this.at[part], say(totals[part]));
      this.at[part].parentElement.dataset.zero = String(totals[part] === 0);
    }
    setText(this.at.latest, run.latest);
    const unknown = totals.unknown ? data.words.unknown.replace("{count}", say(totals.unknown)) : "";
    setText(this.at.unknown, unknown);
    setText(this.at.failures, run.failures && `(${run.failures})`);
    if (data.compact) return;
    const [p50, p95, p99] = run.percentiles.map((ms) => say(ms, ms < 10 ? 1 : 0));
    setText(
      this.at.percentiles,
      data.words.percentiles.replace("{p50}", p50).replace("{p95}", p95).replace("{p99}", p99),
    );
    setText(this.at.fairness, say(run.fairness, 2));
    setText(this.at.fair, run.fair);
    if (this.cluster) this.flow.draw(this.cluster, run, data);
    this.drawReports(run.reports);
    this.drawRuns(run.runs);
  }

  // Side by side: what a kept connection changes, or fifteen replicas instead of one.
  drawRuns(runs) {
    const { words } = this.component.data;
    this.at.runs_frame.hidden = runs.length < 2;
    const line = (row, tag, texts) => {
      const cells = texts.map((text, index) => ({ id: index, text }));
      row.known ||= new Map();
      for (const [cell, item] of keep(row, row.known, cells, () => document.createElement(tag)))
        setText(cell, item.text);
    };
    line(this.at.runs_head, "th", words.runs.split("|"));
    const items = runs.map((texts, index) => ({ id: index, texts }));
    this.runs ||= new Map();
    for (const [row, item] of keep(this.at.runs, this.runs, items, () => document.createElement("tr")))
      line(row, "td", item.texts);
  }

  drawReports(reports) {
    const items = reports.map((report) => ({ ...report, id: report.began }));
    this.at.reports_frame.hidden = !items.length;
    for (const [box, report] of keep(this.at.reports, this.reports, items, () => this.makeReport())) {
      box.dataset.well = String(report.well !== null);
      setText(box.head, report.title);
      setText(box.outcome, report.outcome);
      const steps = report.steps.map(([at, text], index) => ({ id: index, at, text }));
      for (const [line, step] of keep(box.steps, box.known, steps, () => document.createElement("li"))) {
        const at = number(step.at, this.component.data.language, 1);
        setText(line, `+${at} s  ${step.text}`);
      }
    }
  }

  makeReport() {
    const box = document.createElement("article");
    for (const [name, tag] of [
      ["head", "h4"],
      ["outcome", "p"],
      ["steps", "ol"],
    ]) {
      box[name] = document.createElement(tag);
      box.append(box[name]);
    }
    box.known = new Map();
    return box;
  }

  drawCharts(message) {
    if (!this.charts || !message.run) return;
    for (const name of ["answered", "latency"]) this.charts[name].draw(message.figures[name]);
  }

  close() {
    this.stop();
    this.flow?.close();
    for (const chart of Object.values(this.charts || {})) chart.close();
  }
}

export default mount(Traffic);
