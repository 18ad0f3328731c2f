// Plotly charts drawn in place, in the colours of the page's theme.

let loading = null;

// Plotly's script, from our own server, once per page.
export function loadPlotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("plotly.js did not load"));
    };
    document.head.append(script);
  });
  return loading;
}

export function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--st-text-color", style.color),
    grid: read("--st-border-color", "rgba(128,128,128,.3)"),
    background: read("--st-background-color", "#ffffff"),
    font: read("--st-font", style.fontFamily),
  };
}

// Plotly reads numbers on a date axis as UTC; a class wants the clock on its wall.
function localTimes({ data, layout }) {
  const offset = new Date().getTimezoneOffset() * 60000;
  const shift = (value) => (typeof value === "number" ? value - offset : value);
  const { shapes = [], annotations = [], xaxis } = layout;
  return {
    data: data.map((trace) => ({ ...trace, x: trace.x.map(shift) })),
    layout: {
      ...layout,
      shapes: shapes.map((mark) => ({ ...mark, x0: shift(mark.x0), x1: shift(mark.x1) })),
      annotations: annotations.map((mark) => ({ ...mark, x: shift(mark.x) })),
      xaxis: { ...xaxis, range: xaxis.range?.map(shift) },
    },
  };
}

export class Chart {
  constructor(element, plotlyAddress, size) {
    this.element = element;
    this.size = size; // points, of the text
    this.figure = null;
    loadPlotly(plotlyAddress).then(
      (plotly) => {
        this.plotly = plotly;
        this.paint();
      },
      (error) => {
        element.textContent = error.message;
      },
    );
    this.resize = new ResizeObserver(() => {
      // Plotly refuses to measure what is not displayed, as while the page changes.
      if (this.drawn && element.isConnected && element.offsetWidth) this.plotly.Plots.resize(element);
    });
    this.resize.observe(element);
  }

  draw(figure) {
    this.figure = figure.layout.xaxis.type === "date" ? localTimes(figure) : figure;
    this.paint();
  }

  paint() {
    if (!this.plotly || !this.figure || !this.element.isConnected) return;
    const colors = theme(this.element);
    const { data, layout } = this.figure;
    const axis = { gridcolor: colors.grid, linecolor: colors.grid, zerolinecolor: colors.grid };
    // Plotly writes into what it is given; what was received stays as it is.
    this.plotly.react(
      this.element,
      data.map((trace) => ({ ...trace })),
      {
        ...layout,
        font: { color: colors.text, family: colors.font, size: this.size },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        hoverlabel: { bgcolor: colors.background, font: { color: colors.text } },
        xaxis: { ...layout.xaxis, ...axis },
        yaxis: { ...layout.yaxis, ...axis },
      },
      { displayModeBar: false, responsive: false },
    );
    this.drawn = true;
  }

  close() {
    this.resize.disconnect();
    if (this.plotly && this.drawn) this.plotly.purge(this.element);
  }
}
