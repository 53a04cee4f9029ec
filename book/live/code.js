// A code box: <div class="snn-code" data-name data-label> around a listing, which becomes an editor with Run, Stop,
// Reset and Copy link, and below it what the code prints. All boxes of a page share one Python, another one than its
// figures: code that never ends stops nothing else. Nothing runs by itself.
import { keeper } from "./storage.js";
import { dropLink, linkTo, onLink } from "./code_link.js";
import { make, makeButton, turn, whenNear } from "./elements.js";
import { hand } from "./link.js";
import { makeOutput } from "./output.js";
import { Python } from "./python.js";

const KEYS = "Ctrl+Enter runs the code. Tab indents once you have typed; Escape, then Tab leaves the editor.";
const python = new Python();
let started = false; // whether it has run something
let busy = false; // whether a box runs

const sourceOf = (element) => element.querySelector("pre").textContent.replace(/\n$/, "");

export function makeCode(element) {
  let box; // made when it comes near, or when a link brings code for it
  const open = () =>
    (box ??= import("./editor.js").then(
      ({ makeEditor }) => new CodeBox(element, makeEditor),
      () => element.prepend(make("p", { textContent: "The editor could not be loaded: load the page again." })),
    ));
  onLink(element.dataset.name, async (example, text) => (await open())?.load(example, text));
  whenNear(element, open);
}

class CodeBox {
  #element;
  #editor;
  #status;
  #output;
  #buttons;
  #choice; // of examples, in the playground
  #original;
  #kept; // what the reader made of it
  #ours = false; // while the text is changed by other hands than the reader's
  #run = null; // {stopped} while it runs

  constructor(element, makeEditor) {
    const { name, label } = element.dataset;
    this.#element = element;
    this.#original = sourceOf(element);
    this.#kept = keeper(name);
    this.#status = make("p", { className: "snn-status" });
    this.#status.setAttribute("role", "status");
    this.#output = makeOutput(`Output of ${label}`);
    this.#buttons = {
      run: makeButton("Run", () => this.run()),
      stop: makeButton("Stop", () => this.stop()),
      reset: makeButton("Reset", () => this.reset()),
      link: makeButton("Copy link", () => this.copyLink()),
    };
    const place = make("div", { className: "snn-editor" });
    const keys = make("p", { className: "snn-keys", id: `${name}-keys`, textContent: KEYS });
    const row = make("div", { className: "snn-buttons" }, ...Object.values(this.#buttons), this.#status);
    element.querySelector(":scope > div[class*=highlight]")?.remove();
    element.prepend(place, keys, row, this.#output.element);
    this.#editor = makeEditor({
      parent: place,
      text: this.#kept.read() ?? this.#original,
      label,
      describedBy: keys.id,
      onRun: () => this.run(),
      onChange: (text) => this.#changed(text),
    });
    element.classList.add("snn-made");
    this.#offerExamples();
    this.#greet();
  }

  async run() {
    if (this.#run) return;
    if (busy) return this.#say(this.#element.dataset.state, "Another box of this page is running: stop it, or wait.");
    busy = true;
    this.#run = { begin: performance.now() };
    this.#output.clear();
    this.#say("starting", started ? "Running …" : "Python starts in your browser …");
    let end;
    try {
      const onOutput = ([kind, text]) => (kind === "begin" ? this.#began() : this.#output.add(kind, text));
      const whole = await python.ask({ kind: "code", source: this.#editor.text, endless: true, onOutput });
      const seconds = ((performance.now() - this.#run.begin) / 1000).toFixed(1);
      end = whole ? ["done", `Done, in ${seconds} s.`] : ["failed", "Ended by an error: see the end of the output."];
    } catch ({ message }) {
      end = this.#broken(message);
    }
    busy = false;
    this.#run = null;
    this.#output.finish();
    this.#say(...end);
  }

  #began() {
    started = this.#run.began = true;
    this.#run.begin = performance.now();
    this.#say("running", "Running …");
  }

  // Its Python has ended.
  #broken(message) {
    started = false;
    if (this.#run.stopped) return ["stopped", "Stopped. The next run starts Python anew."];
    const what = this.#run.began ? "Python broke down" : "Python could not be started";
    return ["failed", `${what} (${message}). The next run starts it anew.`];
  }

  stop() {
    if (!this.#run) return;
    this.#run.stopped = true;
    python.stop("stopped by the reader");
  }

  reset() {
    this.#kept.forget();
    this.#setText(this.#original);
    dropLink();
    this.#say(this.#element.dataset.state, "The original is back. Ctrl+Z in the editor undoes that.");
  }

  async copyLink() {
    const { name } = this.#element.dataset;
    const address = await linkTo(name, this.#choice?.value, this.#editor.text);
    const size = `${address.length.toLocaleString("en")} characters`;
    this.#status.textContent = `${await hand(address)} This code is in it (${size}).`;
  }

  // Code that came with a link.
  load(example, text) {
    if (example && this.#choice) this.#choose(example);
    this.#setText(text);
    const own = this.#kept.read() === null ? "" : " What you wrote here before is kept until you change this.";
    this.#say("waiting", `This code came with the link. Read it before you run it.${own}`);
    this.#element.scrollIntoView();
  }

  // The listings inside a <details class="snn-example" data-name> of the box, as a choice.
  #offerExamples() {
    const listings = [...this.#element.querySelectorAll(".snn-example")];
    if (!listings.length) return;
    const options = listings.map((e) => new Option(e.querySelector("summary").textContent, e.dataset.name));
    this.#choice = make("select", {}, ...options);
    this.#choice.addEventListener("change", () => this.#choose(this.#choice.value));
    this.#element.prepend(make("label", { className: "snn-choice" }, "Example ", this.#choice));
    this.#choose(options[0].value);
  }

  #choose(example) {
    const { name } = this.#element.dataset;
    const listing = this.#element.querySelector(`.snn-example[data-name="${CSS.escape(example)}"]`);
    if (!listing) return;
    this.#choice.value = example;
    this.#kept = keeper(`${name}.${example}`);
    this.#original = sourceOf(listing);
    this.#editor.open(this.#kept.read() ?? this.#original);
    this.#tellReset();
    if (this.#run) return;
    this.#output.clear();
    this.#greet();
  }

  #greet() {
    const changed = this.#editor.text !== this.#original;
    this.#say("waiting", changed ? "Your changes were kept in this browser. Reset brings the original back." : "");
  }

  #setText(text) {
    this.#ours = true;
    this.#editor.text = text;
    this.#ours = false;
  }

  #changed(text) {
    this.#tellReset();
    if (this.#ours) return;
    if (text === this.#original) this.#kept.forget();
    else this.#kept.write(text);
    dropLink(); // from now on a reload brings the changed code, not that of the link
  }

  #say(state, text) {
    this.#element.dataset.state = state;
    this.#status.textContent = text;
    turn(this.#buttons.run, !this.#run);
    turn(this.#buttons.stop, Boolean(this.#run));
    this.#tellReset();
  }

  #tellReset() {
    turn(this.#buttons.reset, this.#editor.text !== this.#original);
  }
}
