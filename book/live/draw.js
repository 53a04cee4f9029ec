// Draws a figure description (snnref/figures/description.py) with Observable Plot.
const here = new URL("./", import.meta.url);

const script = (path) =>
  new Promise((resolve, reject) => {
    const tag = Object.assign(document.createElement("script"), { src: new URL(path, here).href });
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(`${path} could not be loaded`));
    document.head.append(tag);
  });
let library;
export const plotting = () =>
  (library ??= script("vendor/d3/d3.min.js")
    .then(() => script("vendor/plot/plot.umd.min.js"))
    .catch((error) => {
      library = undefined; // the next try loads it again
      throw error;
    }));

const points = (mark) => mark.x.map((x, i) => [x, mark.y[i]]);
const MARKS = {
  line: (m) => Plot.line(points(m), { stroke: m.color, strokeWidth: 1.5, strokeDasharray: m.dashed ? "5 3" : null }),
  tick: (m) => {
    const ends = { x: "0", y1: (d) => d[1] - m.height / 2, y2: (d) => d[1] + m.height / 2 };
    return Plot.ruleX(points(m), { ...ends, stroke: m.color, strokeWidth: 1.5 });
  },
  bar: (m) => Plot.rect(points(m), { x1: (d) => d[0] - 0.4, x2: (d) => d[0] + 0.4, y1: 0, y2: "1", fill: m.color }),
  dot: (m) => Plot.dot(points(m), { fill: m.color, r: 2.5 }),
  rule: (m) => (m.y === null ? Plot.ruleX : Plot.ruleY)([m.y ?? m.x], { stroke: m.color, strokeDasharray: "2 3" }),
  cell: (m) => {
    const cells = m.values.flatMap((row, i) => row.map((value, j) => ({ i, j, value })));
    const place = { x1: "j", x2: (d) => d.j + 1, y1: "i", y2: (d) => d.i + 1 };
    return Plot.rect(cells, { ...place, fill: (d) => `rgb(${Array(3).fill(Math.round(255 * (1 - d.value)))})`, inset: 0 });
  },
};

function axis({ label, domain, ticks }) {
  const own = ticks && { ticks: ticks.map(([value]) => value), tickFormat: (v) => new Map(ticks).get(v) };
  return { label: label || null, domain, ...(ticks?.length === 0 ? { axis: null } : own) };
}

// Room for the tick texts of the y axes, the same for all panels so that their time axes agree.
function leftMargin(figure, width) {
  const texts = figure.rows.flatMap((row) => row.flatMap((panel) => (panel.y.ticks ?? []).map(([, text]) => text)));
  return Math.min(Math.max(50, 14 + 6.8 * Math.max(0, ...texts.map((text) => text.length))), width / 2);
}

function drawPanel(panel, width, left) {
  const square = panel.marks.some((m) => m.mark === "cell") && panel.x.ticks?.length === 0; // a picture, not a map
  const letters = (panel.x.ticks ?? []).reduce((sum, [, text]) => sum + text.length + 1, 0);
  const slanted = 6.2 * letters > width - left ? 45 : 0; // pixels for tick texts that do not fit beside each other
  const labelAnchor = 6.4 * panel.x.label.length > width - left ? "right" : "center"; // a long one begins left of the axis
  const svg = Plot.plot({
    width: square ? Math.min(panel.height, width) : width,
    height: panel.height + (panel.x.label ? 22 : 0) + slanted,
    marginLeft: square ? 4 : left,
    marginRight: 12, // half of a tick's text
    marginTop: square ? 4 : panel.y.label ? 22 : 10,
    marginBottom: (square ? 4 : panel.x.label ? 38 : 20) + slanted,
    x: { type: "linear", labelAnchor, labelArrow: "none", tickRotate: slanted && -35, ...axis(panel.x) },
    y: { type: "linear", labelArrow: "none", ...axis(panel.y) },
    color: { type: "identity" },
    marks: [
      square ? Plot.frame({ strokeOpacity: 0.4 }) : null,
      ...panel.marks.map((m) => MARKS[m.mark](m)),
      panel.y.ticks?.length === 0 ? Plot.text([panel.y.label], { frameAnchor: "left", textAnchor: "end", dx: -8 }) : null,
    ],
  });
  const box = document.createElement("div");
  box.className = "snn-panel";
  box.append(svg);
  const keys = panel.marks.filter((m) => m.label);
  if (keys.length) box.append(legend(keys, left));
  return box;
}

function legend(marks, left) {
  const list = document.createElement("p");
  list.style.marginLeft = `${left}px`;
  list.className = "snn-legend";
  for (const mark of marks) {
    const key = document.createElement("span");
    key.textContent = mark.label;
    key.className = mark.dashed ? "rule" : mark.mark;
    key.style.setProperty("--color", mark.color);
    list.append(key);
  }
  return list;
}

export function draw(figure, into) {
  if (!into.clientWidth) return;
  const left = leftMargin(figure, into.clientWidth);
  const narrow = into.clientWidth < 560; // panels of a row below each other
  const rows = figure.rows.map((panels) => {
    const row = document.createElement("div");
    row.className = "snn-row";
    const total = panels.reduce((sum, p) => sum + p.width, 0);
    const room = into.clientWidth - 12 * (panels.length - 1);
    row.append(...panels.map((p) => drawPanel(p, narrow ? into.clientWidth : (room * p.width) / total, left)));
    return row;
  });
  into.replaceChildren(...rows);
  into.setAttribute("aria-hidden", "true"); // the caption says it
}
