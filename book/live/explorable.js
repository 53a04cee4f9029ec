// One <figure class="snn-explore" data-spec>: controls above, the picture drawn from the description that Python
// computes, the caption as live text. Its state, for style and tests, is in `data-state`.
import { makeControl } from "./controls.js";
import { draw, plotting } from "./draw.js";
import { addressOf, hand, read, write } from "./link.js";
import { python } from "./python.js";

const button = (text, onClick) => {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", onClick);
  return made;
};

export function makeLive(element) {
  const spec = JSON.parse(element.dataset.spec);
  const { picture, caption, form, tools, badge, say } = furnish(element);
  const values = {};
  const controls = Object.fromEntries(
    spec.controls.map((c) => [c.name, makeControl(c, (value) => ((values[c.name] = value), moved()))]),
  );
  form.prepend(...Object.values(controls).map((control) => control.element));

  // --- Asking and drawing: at most one question under way; then the newest values.
  let figure;
  let busy = false;
  let stale = false;
  async function update() {
    stale = true;
    if (busy) return;
    busy = true;
    say(figure ? "computing" : "starting");
    let problem;
    while (stale) {
      stale = false;
      problem = undefined;
      const begin = performance.now();
      const used = { ...values };
      try {
        const [json] = await Promise.all([python.ask({ kind: "figure", name: spec.name, values: used }), plotting()]);
        figure = JSON.parse(json);
        draw(figure, picture);
        caption.textContent = figure.caption;
        element.snnref = { figure, values: used, milliseconds: performance.now() - begin };
      } catch (error) {
        problem = error;
      }
    }
    busy = false;
    if (problem) say("failed", problem.message, again);
    else say("ready");
  }
  function again() {
    form.querySelector("input, select").focus(); // the button goes away
    update();
  }

  // --- Settings: the defaults, those of the address, back again.
  const prefix = `${spec.name}.`;
  const changed = () =>
    Object.fromEntries(spec.controls.filter((c) => values[c.name] !== c.value).map((c) => [c.name, values[c.name]]));
  function moved() {
    reset.disabled = !Object.keys(changed()).length;
    update();
  }
  function set(entries) {
    for (const c of spec.controls) {
      controls[c.name].set(c.value);
      if (c.name in entries) controls[c.name].set(entries[c.name]);
      values[c.name] = controls[c.name].value();
    }
    reset.disabled = !Object.keys(changed()).length;
  }
  const keep = () => write(prefix, changed());
  const reset = button("Reset", () => {
    set({});
    keep();
    form.querySelector("input, select").focus(); // the button is off now
    update();
  });
  const link = button("Copy link", async () => say("note", await hand(addressOf(prefix, changed()))));
  if (spec.play) tools.prepend(makePlay(spec.controls.find((c) => c.name === spec.play), controls[spec.play], element));
  badge.before(reset, link);
  function follow() {
    const entries = read(prefix);
    if (!Object.keys(entries).length) return; // the address speaks of something else
    set(entries);
    element.scrollIntoView();
    update();
  }
  set({});
  follow();
  addEventListener("hashchange", follow); // a link to another state of this page

  // While a slider is dragged the caption changes silently; at rest it is read out and the address follows.
  form.addEventListener("input", () => caption.setAttribute("aria-live", "off"));
  form.addEventListener("change", () => {
    keep();
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

const STATES = {
  waiting: "waits until you come near",
  starting: "Starting Python in your browser …",
  computing: "computing …",
  ready: "live",
  failed: "failed",
};

// The parts around the picture: a form for the controls, tools, a badge with the state, a line for messages.
function furnish(element) {
  const part = (tag, className, attributes = {}) => {
    const made = Object.assign(document.createElement(tag), { className });
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const caption = element.querySelector("figcaption");
  caption.setAttribute("aria-live", "polite");
  const form = part("form", "snn-controls");
  form.addEventListener("submit", (event) => event.preventDefault());
  const tools = part("span", "snn-tools");
  const badge = part("span", "snn-badge", { "aria-hidden": "true" }); // what is worth hearing is said below
  const status = part("p", "snn-status", { role: "status" });
  tools.append(badge);
  form.append(tools);
  element.prepend(form, status);

  function say(state, message = "", again = undefined) {
    if (state !== "note") {
      element.dataset.state = state;
      badge.textContent = STATES[state];
    }
    if (state === "starting") message = STATES.starting;
    if (state === "failed") message = `This could not be computed: ${message} `;
    if (status.textContent !== message) status.textContent = message;
    if (again) status.append(button("Try again", again));
  }
  return { picture: element.querySelector(".snn-picture"), caption, form, tools, badge, say };
}

const WHOLE = 8_000; // milliseconds from one end of a slider to the other, if the page keeps up

// A button that moves one slider on by itself, as fast as the figure follows.
function makePlay(control, { element: label, value, set }, element) {
  const input = label.querySelector("input");
  const pause = (WHOLE * control.step) / (control.high - control.low);
  const tell = (event) => input.dispatchEvent(new Event(event, { bubbles: true }));
  const go = (to) => (set(to), tell("input"));
  const name = (verb) => (play.textContent = `${verb} ${control.name}`);
  let timer;
  function stop() {
    clearInterval(timer);
    timer = undefined;
    name("Play");
    tell("change");
  }
  function step() {
    if (element.dataset.state === "failed" || value() >= control.high) return stop();
    if (element.dataset.state === "ready") go(value() + control.step); // else it has not caught up
  }
  const play = button("", () => {
    if (timer) return stop();
    go(value() >= control.high ? control.low : value());
    timer = setInterval(step, pause);
    name("Pause");
  });
  name("Play");
  return play;
}
