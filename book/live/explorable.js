// One <figure class="snn-explore" data-spec>: controls above, the picture drawn from the description that Python
// computes, the caption as live text.
import { makeControl } from "./controls.js";
import { draw, plotting } from "./draw.js";
import { python } from "./python.js";

export function makeLive(element) {
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
        const [json] = await Promise.all([python.ask({ kind: "figure", name, values: used }), plotting()]);
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
