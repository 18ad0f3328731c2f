// Plotly charts that are drawn in place, in the colours of the page's theme.

import { setLabel, theme } from "./dom.js";
import { barNames, MARK_ROOM, MARK_TEXT, markings } from "./layout.js";

/** @import { Figure, Mark, PageData } from "./types" */

const AGAIN_MS = 2000; // to the next try to load Plotly

/** @type {Promise<any> | null} */ let loading = null;

/** Plotly's script, from our own server, once per page. @param {PageData} data @returns {Promise<any>} */
function loadPlotly({ files }) {
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${location.origin}${files}/plotly.min.js`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("plotly.js did not load"));
    };
    document.head.append(script);
  });
  return loading;
}

/** Plotly reads numbers on a date axis as UTC; a class wants local time. @param {Figure} figure @returns {Figure} */
function localTimes({ data, layout }) {
  const offset = new Date().getTimezoneOffset() * 60000;
  const shift = (/** @type {unknown} */ value) => (typeof value === "number" ? value - offset : value);
  const { meta, xaxis } = layout;
  const marks = meta?.marks?.map((/** @type {Mark} */ mark) => ({ ...mark, time: shift(mark.time) }));
  return {
    data: data.map((trace) => ({ ...trace, x: trace.x.map(shift) })),
    layout: {
      ...layout,
      meta: { ...meta, marks, lines: meta?.lines?.map(shift) },
      xaxis: { ...xaxis, range: xaxis.range?.map(shift) },
    },
  };
}

export class Chart {
  /** @type {Figure | null} */ figure = null;
  drawn = false;

  /** @param {HTMLElement} place @param {PageData} data @param {number} size of the text, in points */
  constructor(place, data, size) {
    this.place = place;
    this.size = size;
    this.pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    this.load(data);
    this.resize = new ResizeObserver(() => {
      // Plotly refuses to measure what is not displayed, as while the page changes.
      if (!this.drawn || !place.isConnected || !place.offsetWidth) return;
      this.paint(); // texts need other places
      this.plotly.Plots.resize(place);
    });
    this.resize.observe(place);
  }

  /** Until it is there: a busy server, or a bad network, may refuse it once. @param {PageData} data */
  load(data) {
    loadPlotly(data).then(
      (plotly) => {
        this.place.textContent = "";
        this.plotly = plotly;
        this.paint();
      },
      (error) => {
        this.place.textContent = error.message;
        this.again = setTimeout(() => this.load(data), AGAIN_MS);
      },
    );
  }

  /** Name the picture, for those who hear the page. */
  name(/** @type {string} */ name) {
    this.place.setAttribute("role", "img");
    setLabel(this.place, name);
  }

  draw(/** @type {Figure} */ figure) {
    if (figure.layout.meta?.name) this.name(figure.layout.meta.name);
    this.figure = figure.layout.xaxis.type === "date" ? localTimes(figure) : figure;
    this.paint();
  }

  paint() {
    if (!this.plotly || !this.figure || !this.place.isConnected) return;
    const colors = theme(this.place);
    const { data, layout } = this.figure;
    const { meta, ...rest } = layout;
    const bars = layout.xaxis.type === "category" && !layout.xaxis.ticktext;
    const axis = { gridcolor: colors.grid, linecolor: colors.grid, zerolinecolor: colors.grid };
    const themed = {
      ...rest,
      ...(meta?.marks ? this.marks(this.figure, colors) : {}),
      font: { color: colors.text, family: colors.font, size: this.size },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: colors.background, font: { color: colors.text } },
      xaxis: { ...(bars ? this.names(this.figure, colors) : layout.xaxis), ...axis },
      yaxis: { ...layout.yaxis, ...axis },
    };
    // Plotly writes into what it is given: the message must stay as it is.
    const traces = data.map((trace) => ({ ...trace }));
    this.plotly.react(this.place, traces, themed, { displayModeBar: false, responsive: false });
    this.drawn = true;
  }

  /** The width of a text. @param {string} text @param {number} size @param {string} font */
  measure(text, size, font) {
    this.pen.font = `${size}px ${font}`;
    return this.pen.measureText(text).width;
  }

  /** The names of bars, as far as there is room. @param {Figure} figure @param {ReturnType<typeof theme>} colors */
  names({ data, layout: { margin, xaxis } }, colors) {
    const names = data[0]?.x || [];
    const room = (this.place.clientWidth - margin.l - margin.r) / Math.max(1, names.length) - 6;
    const { size, texts } = barNames(names, room, this.size, (text, high) => this.measure(text, high, colors.font));
    return { ...xaxis, tickvals: names, ticktext: texts, tickangle: 0, tickfont: { size } };
  }

  /** The marks of a chart over time, above its curves. @param {Figure} figure @param {ReturnType<typeof theme>} colors */
  marks({ layout: { meta, margin, xaxis } }, colors) {
    const [from, to] = xaxis.range;
    const width = this.place.clientWidth - margin.l - margin.r;
    const { shapes, annotations } = markings(
      meta,
      (time) => ((time - from) / (to - from)) * width,
      (text) => this.measure(text, MARK_TEXT, colors.font),
      width,
    );
    return {
      shapes,
      annotations: annotations.map((text) => ({ ...text, bgcolor: colors.background })),
      margin: { ...margin, t: MARK_ROOM },
    };
  }

  close() {
    clearTimeout(this.again);
    this.resize.disconnect();
    if (this.drawn) this.plotly.purge(this.place);
  }
}
