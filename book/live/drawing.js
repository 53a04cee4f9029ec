// A control to draw on, or to choose one of some sample pictures by: {element, value, set}. Its value is a sample's
// number, or the strokes as text, "." and a letter a coordinate (snnref/figures/handwriting.py); "" is an empty sheet.
import { make, makeButton, turn } from "./elements.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LAST = LETTERS.length - 1; // of the grid on which points lie
const APART = 2; // grid lines between two points of a stroke, at least
const LONGEST = 8192; // letters
const STROKES = /^(\.([A-Za-z0-9_-]{2})+)*$/;
const PIXELS = 384; // of the sheet

export function makeDrawing(control, onInput) {
  const samples = new Map(control.samples.map((sample) => [String(sample.value), sample]));
  const sheet = make("canvas", { className: "snn-sheet", width: PIXELS, height: PIXELS });
  sheet.setAttribute("role", "img");
  sheet.setAttribute("aria-label", "A sheet to draw on with mouse, pen or finger. With the keyboard, choose a sample.");
  const { choices, radios } = makeSamples(control);
  const clear = makeButton("Clear", () => {
    take("");
    tell("input");
    tell("change");
  });
  const legend = make("legend", { textContent: "Draw a digit, or choose one" });
  const element = make("fieldset", { className: "snn-drawing" }, legend, sheet, make("div", {}, choices, clear));

  let value;
  function show() {
    for (const radio of radios) radio.checked = radio.value === String(value);
    if (samples.has(String(value))) drawPicture(sheet, samples.get(String(value)).picture);
    else drawStrokes(sheet, value);
    turn(clear, value !== "");
  }
  function take(next) {
    value = next;
    show();
    onInput(value);
  }
  const tell = (event) => sheet.dispatchEvent(new Event(event, { bubbles: true }));
  choices.addEventListener("input", ({ target }) => take(samples.get(target.value).value));
  followPen(sheet, {
    begin: () => (value = typeof value === "string" ? value : ""), // who draws on a sample takes a new sheet
    add: (letters) => value.length + letters.length <= LONGEST && (take(value + letters), tell("input")),
    end: () => tell("change"),
  });
  function set(next) {
    if (samples.has(String(next))) value = samples.get(String(next)).value;
    else if (STROKES.test(next) && next.length <= LONGEST) value = next;
    show();
  }
  set(control.value);
  return { element, value: () => value, set };
}

// Radio buttons with a small picture each.
function makeSamples(control) {
  const radios = [];
  const labels = control.samples.map(({ value, text, picture }) => {
    const radio = make("input", { type: "radio", name: control.name, value, ariaLabel: text });
    const thumb = make("canvas", { width: 64, height: 64, ariaHidden: "true" });
    drawPicture(thumb, picture);
    radios.push(radio);
    return make("label", { title: text }, radio, thumb);
  });
  return { choices: make("span", { className: "snn-samples" }, ...labels), radios };
}

// One stroke of one pointer: where it goes, as letters, whenever it has moved far enough.
function followPen(sheet, { begin, add, end }) {
  let pen, last;
  function go(event, mark) {
    const box = sheet.getBoundingClientRect();
    const place = (at, size) => Math.round(LAST * Math.min(1, Math.max(0, at / size)));
    const [x, y] = [place(event.clientX - box.left, box.width), place(event.clientY - box.top, box.height)];
    if (!mark && Math.max(Math.abs(x - last[0]), Math.abs(y - last[1])) < APART) return;
    last = [x, y];
    add(mark + LETTERS[x] + LETTERS[y]);
  }
  sheet.addEventListener("pointerdown", (event) => {
    if (pen !== undefined || event.button !== 0) return; // a second finger, or a menu
    event.preventDefault(); // no selection of text
    pen = event.pointerId;
    sheet.setPointerCapture(pen);
    begin();
    go(event, ".");
  });
  sheet.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    const missed = event.getCoalescedEvents?.() ?? [];
    for (const each of missed.length ? missed : [event]) go(each, "");
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"])
    sheet.addEventListener(kind, (event) => {
      if (event.pointerId !== pen) return;
      pen = undefined;
      end();
    });
}

function paper(canvas) {
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // black on white in dark mode too, as the pictures of the figure are
  context.fillRect(0, 0, canvas.width, canvas.height);
  return context;
}

function drawStrokes(canvas, text) {
  const context = paper(canvas);
  const at = (letter) => ((LETTERS.indexOf(letter) + 0.5) / (LAST + 1)) * canvas.width;
  Object.assign(context, { lineWidth: canvas.width / 13, lineCap: "round", lineJoin: "round", strokeStyle: "black" });
  for (const stroke of text.split(".").slice(1)) {
    context.beginPath();
    for (let i = 0; i < stroke.length; i += 2) context.lineTo(at(stroke[i]), at(stroke[i + 1]));
    context.lineTo(at(stroke.at(-2)), at(stroke.at(-1))); // one point is a dot
    context.stroke();
  }
}

function drawPicture(canvas, picture) {
  const context = paper(canvas);
  const size = canvas.width / picture.length;
  picture.forEach((row, i) =>
    row.forEach((ink, j) => {
      context.fillStyle = `rgb(0 0 0 / ${ink}%)`;
      context.fillRect(j * size, i * size, size, size);
    }),
  );
}
