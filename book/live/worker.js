// Python in the reader's browser. Takes {id, kind, …}, answers {id, answer} or {id, error}, before that any number of
// {id, output}; or {fatal} when Python cannot be started or go on. No SharedArrayBuffer, so any static host will do.
import { startPython } from "./start.js";

const lastLine = (error) => String(error.message ?? error).trim().split("\n").at(-1); // of a Python traceback
const base = new URL("./", import.meta.url).href;

// The page asks for the Python of its own version (see python.js).
async function start() {
  const response = await fetch(base + "version.txt", { cache: "no-cache" });
  if (!response.ok) throw new Error(`version.txt: ${response.status}`);
  if (location.search === `?${await response.text()}`) return startPython(base);
  throw new Error("the book has been changed since this page was opened; reload the page");
}
const started = start();
started.catch(() => {}); // whoever asks will hear it

let describe, run;
const ANSWERS = {
  // The addresses of all that this took from the network.
  fetched: () => [location.href, ...performance.getEntriesByType("resource").map((entry) => entry.name)],
  // The description of a figure at some values, as JSON.
  figure(python, { name, values }) {
    describe ??= python.runPython(`
import json
from snnref.figures import describe
lambda name, values: describe(name, json.loads(values)).json()
`);
    return describe(name, JSON.stringify(values));
  },
  // Whether a reader's code ran to its end; what it prints and shows goes out while it runs, as [kind, text].
  async code(python, { source }, send) {
    run ??= await loadRun(python);
    send(["begin", ""]);
    return run(source, (kind, text) => send([kind, text]));
  },
};

async function loadRun(python) {
  const response = await fetch(base + "running.py", { cache: "no-cache" });
  if (!response.ok) throw new Error(`running.py: ${response.status}`);
  const globals = python.toPy({ __name__: "running" });
  python.runPython(await response.text(), { globals, filename: "running.py" });
  return globals.get("run");
}

self.onmessage = async ({ data: { id, kind, ...question } }) => {
  let python;
  try {
    python = await started;
    const send = (output) => self.postMessage({ id, output });
    self.postMessage({ id, answer: await ANSWERS[kind](python, question, send) });
  } catch (error) {
    // An error that is not Python's own (out of memory, stack overflow) leaves nothing to go on with.
    const own = python && error instanceof python.ffi.PythonError;
    self.postMessage(own ? { id, error: lastLine(error) } : { fatal: lastLine(error) });
  }
};
