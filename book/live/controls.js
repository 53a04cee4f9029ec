// The native input of one control of a figure, with its label and its value in words: {element, value, set}.
import { makeDrawing } from "./drawing.js";
import { make } from "./elements.js";

const KINDS = { choices: makeChoice, low: makeSlider, samples: makeDrawing };

// `onInput(value)` is called at each move; `change` events tell that a move has ended.
export function makeControl(control, onInput) {
  const kind = Object.keys(KINDS).find((key) => key in control);
  return KINDS[kind](control, onInput);
}

function makeChoice(control, onInput) {
  const options = control.choices.map((choice) => new Option(choice, choice));
  const input = make("select", { name: control.name }, ...options);
  input.value = control.value;
  input.addEventListener("input", () => onInput(input.value));
  return {
    element: make("label", {}, control.name, " ", input),
    value: () => input.value,
    set(value) {
      if (control.choices.includes(value)) input.value = value;
    },
  };
}

function makeSlider(control, onInput) {
  const { name, low: min, high: max, step } = control;
  const input = make("input", { type: "range", name, min, max, step });
  const shown = make("output", { ariaHidden: "true" }); // the slider itself speaks its value
  const decimals = (String(step).split(".")[1] ?? "").length;
  const show = () => {
    shown.value = decimals ? Number(Number(input.value).toFixed(decimals)) : input.value;
    input.setAttribute("aria-valuetext", shown.value);
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
  const element = make("span", { className: "snn-slider" }, make("label", {}, name, " ", input), " ", shown);
  return { element, value: () => Number(input.value), set };
}
