import { makeDrawing } from "./drawing.js";

// The native input of one control of a figure, with its label and its value in words.
export function makeControl(control, onInput) {
  if (control.samples) return makeDrawing(control, (value) => onInput(control.name, value)).element;
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
