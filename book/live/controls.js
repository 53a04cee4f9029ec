// The native input of one control of a figure, with its label and its value in words: {element, value, set}.
import { makeDrawing } from "./drawing.js";

const KINDS = { choices: makeChoice, low: makeSlider, samples: makeDrawing };

// `onInput(value)` is called at each move; `change` events tell that a move has ended.
export function makeControl(control, onInput) {
  const kind = Object.keys(KINDS).find((key) => key in control);
  return KINDS[kind](control, onInput);
}

function labelled(control, ...parts) {
  const label = document.createElement("label");
  label.append(control.name, " ", ...parts);
  return label;
}

function makeChoice(control, onInput) {
  const input = document.createElement("select");
  input.name = control.name;
  input.append(...control.choices.map((choice) => new Option(choice, choice)));
  input.value = control.value;
  input.addEventListener("input", () => onInput(input.value));
  return {
    element: labelled(control, input),
    value: () => input.value,
    set(value) {
      if (control.choices.includes(value)) input.value = value;
    },
  };
}

function makeSlider(control, onInput) {
  const input = Object.assign(document.createElement("input"), { type: "range", name: control.name });
  Object.assign(input, { min: control.low, max: control.high, step: control.step });
  const shown = document.createElement("output");
  shown.setAttribute("aria-live", "off"); // the slider itself speaks its value
  const decimals = (String(control.step).split(".")[1] ?? "").length;
  const show = () => {
    shown.value = decimals ? Number(Number(input.value).toFixed(decimals)) : input.value;
    input.setAttribute("aria-valuetext", `${control.name} ${shown.value}`);
  };
  const set = (value) => {
    if (value === "" || !Number.isFinite(Number(value))) return;
    input.value = value; // the browser brings it to the nearest step within the ends
    show();
  };
  set(control.value);
  input.addEventListener("input", () => {
    show();
    onInput(Number(input.value));
  });
  return { element: labelled(control, input, " ", shown), value: () => Number(input.value), set };
}
