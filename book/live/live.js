// Makes every <figure class="snn-explore" data-spec> of a page live: controls above, the picture drawn by
// Observable Plot from the description that Python computes, the caption as live text.
const here = new URL("./", import.meta.url);

// --- Python -----------------------------------------------------------------------------------------------------
let worker;
let running = false; // it has answered before
let asked = 0;
const waiting = new Map();

function fail(message) {
  for (const { reject } of waiting.values()) reject(new Error(message));
  waiting.clear();
  worker?.terminate();
  worker = undefined; // the next question starts a new one
  running = false;
}

const PATIENCE = 60_000; // milliseconds for one answer, once Python runs

function ask(question) {
  if (!worker) {
    worker = new Worker(new URL("worker.js", here), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.fatal) return fail(data.fatal);
      running = true;
      const { resolve, reject } = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data.figure);
    };
    worker.onerror = (event) => fail(event.message || "Python could not be started");
  }
  const id = ++asked;
  if (running) setTimeout(() => waiting.has(id) && fail("no answer for a minute"), PATIENCE);
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, ...question });
  });
}

// --- Drawing ----------------------------------------------------------------------------------------------------
const script = (path) =>
  new Promise((resolve, reject) => {
    const tag = Object.assign(document.createElement("script"), { src: new URL(path, here).href });
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(`${path} could not be loaded`));
    document.head.append(tag);
  });
let library;
const plotting = () =>
  (library ??= script("vendor/d3/d3.min.js")
    .then(() => script("vendor/plot/plot.umd.min.js"))
    .catch((error) => {
      library = undefined; // the next try loads it again
      throw error;
    }));

const points = (mark) => mark.x.map((x, i) => [x, mark.y[i]]);
const MARKS = {
  line: (m) => Plot.line(points(m), { stroke: m.color, strokeWidth: 1.5, strokeDasharray: m.dashed ? "5 3" : null }),
  tick: (m) =>
    Plot.ruleX(points(m), { x: "0", y1: (d) => d[1] - 0.3, y2: (d) => d[1] + 0.3, stroke: m.color, strokeWidth: 1.5 }),
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
  const svg = Plot.plot({
    width: square ? Math.min(panel.height, width) : width,
    height: panel.height + (panel.x.label ? 20 : 0) + slanted,
    marginLeft: square ? 4 : left,
    marginRight: 8,
    marginTop: square ? 4 : panel.y.label ? 22 : 10,
    marginBottom: (square ? 4 : panel.x.label ? 36 : 20) + slanted,
    x: { type: "linear", labelAnchor: "center", labelArrow: "none", tickRotate: slanted && -35, ...axis(panel.x) },
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

function draw(figure, into) {
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

// --- One figure -------------------------------------------------------------------------------------------------
function makeControl(control, onInput) {
  const label = document.createElement("label");
  const shown = document.createElement("output");
  shown.setAttribute("aria-live", "off"); // the slider itself speaks its value
  let input;
  if (control.choices) {
    input = document.createElement("select");
    input.append(...control.choices.map((choice) => new Option(choice, choice)));
  } else {
    input = Object.assign(document.createElement("input"), { type: "range" });
    Object.assign(input, { min: control.low, max: control.high, step: control.step });
  }
  const show = () => {
    if (!control.choices) shown.value = input.value;
  };
  input.name = control.name;
  input.value = control.value;
  input.addEventListener("input", () => {
    show();
    onInput(control.name, control.choices ? input.value : Number(input.value));
  });
  show();
  label.append(control.name, " ", input, " ", shown);
  return label;
}

function makeLive(element) {
  const { name, controls } = JSON.parse(element.dataset.spec);
  const values = Object.fromEntries(controls.map((c) => [c.name, c.value]));
  const picture = element.querySelector(".snn-picture");
  const caption = element.querySelector("figcaption");
  const form = document.createElement("form");
  const status = document.createElement("p");
  status.className = "snn-status";
  status.setAttribute("role", "status");
  caption.setAttribute("aria-live", "polite");
  form.append(...controls.map((c) => makeControl(c, (key, value) => ((values[key] = value), update()))));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(status);
  element.prepend(form);

  const say = (state, text = "") => {
    element.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  };
  let figure;
  let busy = false;
  let stale = false;
  async function update() {
    stale = true; // at most one question under way; then the newest values
    if (busy) return;
    busy = true;
    say(figure ? "computing" : "starting", figure ? "" : "Starting Python in your browser …");
    let problem;
    while (stale) {
      stale = false;
      problem = undefined;
      const begin = performance.now();
      const used = { ...values };
      try {
        const [json] = await Promise.all([ask({ name, values: used }), plotting()]);
        figure = JSON.parse(json);
        draw(figure, picture);
        caption.textContent = figure.caption;
        element.snnref = { figure, values: used, milliseconds: performance.now() - begin };
      } catch (error) {
        problem = error;
      }
    }
    busy = false;
    if (problem) sayProblem(problem);
    else say("ready");
  }
  function sayProblem({ message }) {
    say("failed", `This could not be computed: ${message} `);
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again" });
    again.addEventListener("click", () => {
      form.querySelector("input, select").focus(); // the button goes away
      update();
    });
    status.append(again);
  }
  // While a slider is dragged the caption changes silently; at rest it is read out.
  form.addEventListener("input", () => caption.setAttribute("aria-live", "off"));
  form.addEventListener("change", () => {
    caption.setAttribute("aria-live", "polite");
    if (figure) caption.textContent = figure.caption;
  });
  let drawnAt = 0; // pixels: a hidden page has none
  new ResizeObserver(() => {
    if (figure && picture.clientWidth && picture.clientWidth !== drawnAt) draw(figure, picture);
    drawnAt = picture.clientWidth;
  }).observe(element);
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect(); // start when the figure comes near
      update();
    },
    { rootMargin: "400px" },
  ).observe(element);
  say("waiting");
}

// A figure without sliders: drawn anew as wide as the page is; the picture stays if that fails.
function makeFitting(element) {
  const figure = JSON.parse(element.dataset.figure);
  const picture = element.querySelector(".snn-picture");
  const drawIt = () => plotting().then(() => draw(figure, picture), () => {});
  let drawnAt = 0;
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      new ResizeObserver(() => {
        if (picture.clientWidth && picture.clientWidth !== drawnAt) drawIt();
        drawnAt = picture.clientWidth;
      }).observe(element);
    },
    { rootMargin: "400px" },
  ).observe(element);
}

function sayStill(element) {
  element.dataset.state = "still";
  const note = document.createElement("p");
  note.textContent = "What makes this figure live is not to be had here; the picture is still.";
  element.prepend(note);
}

const python = await fetch(new URL("pyodide/pyodide-lock.json", here), { method: "HEAD" }).catch(() => ({ ok: false }));
document.querySelectorAll(".snn-explore").forEach(python.ok ? makeLive : sayStill);
document.querySelectorAll(".snn-figure").forEach(makeFitting);
