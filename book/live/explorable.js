// One <figure class="snn-explore" data-spec>: controls above, the picture drawn from the description that Python
// computes, the caption as live text. Its state, for style and tests, is in `data-state`.
import { makeControl } from "./controls.js";
import { draw, plotting } from "./draw.js";
import { make, makeButton, onWidth, turn, whenNear } from "./elements.js";
import { addressOf, hand, read, write } from "./link.js";
import { python } from "./python.js";

export function makeLive(element) {
  const spec = JSON.parse(element.dataset.spec);
  const { picture, caption, form, tools, badge, note, say } = furnish(element);
  const values = {};
  const controls = Object.fromEntries(
    spec.controls.map((c) => [c.name, makeControl(c, (value) => ((values[c.name] = value), moved()))]),
  );
  form.prepend(...Object.values(controls).map((control) => control.element));
  say("waiting");

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
    form.querySelector("input:checked, select, [type=range]").focus(); // the button goes away
    update();
  }

  // --- Settings: the defaults, those of the address, back again.
  const prefix = `${spec.name}.`;
  const changed = () =>
    Object.fromEntries(spec.controls.filter((c) => values[c.name] !== c.value).map((c) => [c.name, values[c.name]]));
  function moved() {
    turn(reset, Object.keys(changed()).length > 0);
    update();
  }
  function set(entries) {
    for (const c of spec.controls) {
      controls[c.name].set(c.value);
      if (c.name in entries) controls[c.name].set(entries[c.name]);
      values[c.name] = controls[c.name].value();
    }
    turn(reset, Object.keys(changed()).length > 0);
  }
  const keep = () => write(prefix, changed());
  const reset = makeButton("Reset", () => {
    set({});
    keep();
    update();
  });
  const link = makeButton("Copy link", async () => (note.textContent = await hand(addressOf(prefix, changed()))));
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
  form.addEventListener("input", () => {
    caption.setAttribute("aria-live", "off");
    note.textContent = "";
  });
  form.addEventListener("change", () => {
    keep();
    caption.setAttribute("aria-live", "polite");
    if (figure && !busy) caption.textContent = figure.caption; // else the next one is on its way
  });
  onWidth(picture, () => figure && draw(figure, picture));
  whenNear(element, () => figure || busy || update());
}

const STATES = {
  waiting: "waits until you come near",
  starting: "Starting Python in your browser …",
  computing: "computing …",
  ready: "live",
  failed: "failed",
};

// The parts around the picture: a form for the controls; tools, with a badge that shows the state, and a note that says
// what became of a link; a line for messages.
function furnish(element) {
  const caption = element.querySelector("figcaption");
  caption.setAttribute("aria-live", "polite");
  const badge = make("span", { className: "snn-badge", ariaHidden: "true" }); // what is worth hearing is said below
  const note = make("span", { className: "snn-note" });
  const status = make("p", { className: "snn-status" });
  for (const line of [note, status]) line.setAttribute("role", "status");
  const tools = make("span", { className: "snn-tools" }, badge, note);
  const form = make("form", { className: "snn-controls" }, tools);
  form.addEventListener("submit", (event) => event.preventDefault());
  element.prepend(form, status);

  function say(state, message = "", again = undefined) {
    element.dataset.state = state;
    badge.textContent = STATES[state];
    if (state === "starting") message = STATES.starting;
    if (state === "failed") message = `This could not be computed: ${message} `;
    if (status.textContent !== message) status.textContent = message;
    if (again) status.append(makeButton("Try again", again));
  }
  return { picture: element.querySelector(".snn-picture"), caption, form, tools, badge, note, say };
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
  const play = makeButton("", () => {
    if (timer) return stop();
    go(value() >= control.high ? control.low : value());
    timer = setInterval(step, pause);
    name("Pause");
  });
  name("Play");
  return play;
}
