// Makes a page live: each kind of element by the module that knows it, fetched only where there is one.

// What needs Python: {selector: [module, function]}
const LIVE = {
  ".snn-explore": ["./explorable.js", "makeLive"],
  ".snn-code": ["./code.js", "makeCode"],
};
// What does without, and stays as it is if it does not arrive.
const ALWAYS = {
  ".snn-figure": ["./fit_width.js", "makeFitWidth"],
  ".snn-checkpoint": ["./checkpoint.js", "makeCheckpoint"],
};

const NOT_HERE = "What makes this figure live is not to be had here; the picture is still.";

function say(text, element) {
  element.dataset.state = "still";
  element.prepend(Object.assign(document.createElement("p"), { textContent: text }));
}

function begin(kinds, onAbsent) {
  for (const [selector, [module, name]] of Object.entries(kinds)) {
    const elements = document.querySelectorAll(selector);
    if (elements.length) import(module).then((kind) => elements.forEach(kind[name]), () => elements.forEach(onAbsent));
  }
}

begin(ALWAYS, () => {});

const python = await fetch(new URL("pyodide/pyodide-lock.json", import.meta.url)).catch(() => ({ ok: false }));
if (python.ok) begin(LIVE, (element) => say("What makes this live did not arrive: load the page again.", element));
else document.querySelectorAll(Object.keys(LIVE)).forEach((element) => say(element.dataset.still ?? NOT_HERE, element));
if (python.ok) import("./offline.js").then(({ keepPage }) => keepPage()).catch(() => {}); // then nothing is kept
