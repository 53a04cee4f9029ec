// Makes a page live: each kind of element by the module that knows it, fetched only where there is one.

// What needs Python: {selector: [module, function]}
const LIVE = {
  ".snn-explore": ["./explorable.js", "makeLive"],
  ".snn-code": ["./code.js", "makeCode"],
};
// What does without.
const ALWAYS = {
  ".snn-figure": ["./fitting.js", "makeFitting"],
  ".snn-checkpoint": ["./checkpoint.js", "makeCheckpoint"],
};

function sayStill(element) {
  element.dataset.state = "still";
  const note = document.createElement("p");
  note.textContent =
    element.dataset.still ?? "What makes this figure live is not to be had here; the picture is still.";
  element.prepend(note);
}

async function begin(kinds) {
  for (const [selector, [module, name]] of Object.entries(kinds)) {
    const elements = document.querySelectorAll(selector);
    if (elements.length) elements.forEach((await import(module))[name]);
  }
}

const python = await fetch(new URL("pyodide/pyodide-lock.json", import.meta.url)).catch(() => ({ ok: false }));
if (python.ok) await begin(LIVE);
else Object.keys(LIVE).forEach((selector) => document.querySelectorAll(selector).forEach(sayStill));
await begin(ALWAYS);
if (python.ok) import("./offline.js").then(({ keepPage }) => keepPage()).catch(() => {}); // then nothing is kept
