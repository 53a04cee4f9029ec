// One <div class="snn-checkpoint">: its question becomes a form, and what to say comes out of the folded answer.
import { make } from "./elements.js";

const SLACK = 1e-9; // of a number that was written in decimals

// What may be meant by "0.5", ".5", "0,5", "1/2", "−15", "12 spikes", "67,776" (two readings); [] if it is no number.
export function readings(text) {
  const plain = text.replace(/[−–]/g, "-").replace(/[a-z %]*[.]?$/i, "").replace(/\s/g, ""); // without a unit
  const number = "([+-]?(?:\\d+[.,]?\\d*|[.,]\\d+)(?:e[+-]?\\d+)?)";
  const found = [];
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain)) found.push(Number(plain.replaceAll(",", "")));
  const fraction = plain.match(new RegExp(`^${number}(?:/${number})?$`, "i"));
  if (fraction) {
    const [above, below] = fraction.slice(1).map((part) => Number((part ?? "1").replace(",", ".")));
    found.push(above / below);
  }
  return found.filter(Number.isFinite);
}

// Each kind of question: what is put into the form, and `judge`, which says {right} or {wrong, because} or {unclear}.
function choice(element, index) {
  const list = element.querySelector(".snn-options");
  const labels = [...list.children].map((item, value) => {
    const input = make("input", { type: "radio", name: `checkpoint-${index}`, value });
    return make("label", {}, input, make("span", {}, ...item.childNodes));
  });
  list.remove();
  const judge = (form, others) => {
    const chosen = form.querySelector(":checked")?.value;
    if (chosen === undefined) return { unclear: "Choose an answer first." };
    if (chosen === element.dataset.right) return { right: true };
    return { wrong: "Not that one.", because: others.find((item) => item.dataset.answer === chosen) };
  };
  return { inputs: labels, judge };
}

function number(element) {
  const { unit } = element.dataset;
  const value = Number(element.dataset.value);
  const tolerance = Number(element.dataset.tolerance) + SLACK * Math.max(1, Math.abs(value));
  const input = make("input", { type: "text", autocomplete: "off", size: 10 });
  const judge = (form, others) => {
    const near = (wanted) => meant.find((x) => Math.abs(x - Number(wanted)) <= tolerance) !== undefined;
    const meant = readings(input.value);
    if (!input.value.trim()) return { unclear: "Write a number first." };
    if (!meant.length) return { unclear: `“${input.value.trim()}” is not a number. Write 0.5, 0,5 or 1/2.` };
    if (near(value)) return { right: true };
    const because = others.find((item) => near(item.dataset.answer));
    const side = Math.max(...meant) < value ? "small" : Math.min(...meant) > value ? "large" : ""; // by every reading
    const more = side && !because ? `: that is too ${side}` : "";
    return { wrong: `Not ${input.value.trim()}${more}.`, because };
  };
  return { inputs: [make("label", { className: "snn-number" }, "Your answer ", input, ` ${unit}`)], judge };
}

export function makeCheckpoint(element, index) {
  const question = element.querySelector(".snn-question");
  const answer = element.querySelector("details");
  const others = [...element.querySelectorAll(".snn-others > li")];
  const { inputs, judge } = "value" in element.dataset ? number(element) : choice(element, index);
  const legend = make("legend", { className: "snn-question" }, ...question.childNodes);
  const status = make("p", { className: "snn-status" });
  status.setAttribute("role", "status");
  const check = make("button", { type: "submit", textContent: "Check" });
  const form = make("form", { noValidate: true }, make("fieldset", {}, legend, ...inputs), check, status);
  question.replaceWith(form);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { right, wrong, because, unclear } = judge(form, others);
    element.dataset.state = right ? "right" : wrong ? "wrong" : "unclear";
    status.replaceChildren(right ? "Right. Why it is so stands below." : (wrong ?? unclear));
    if (because) status.append(" ", because.lastElementChild.cloneNode(true));
    globalThis.MathJax?.typesetPromise?.([status]); // if it had not come to the feedback yet
    if (right) answer.open = true;
  });
  form.addEventListener("input", () => {
    delete element.dataset.state; // what was said is about another answer
    status.replaceChildren();
  });
}
