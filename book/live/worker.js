// Python in the reader's browser. Takes {id, kind, …}, answers {id, answer} or {id, error}, or {fatal} when Python
// cannot be started or go on. No SharedArrayBuffer, so any static host will do.
import { startPython } from "./start.js";

const lastLine = (error) => String(error.message ?? error).trim().split("\n").at(-1); // of a Python traceback
const here = new URL("./", import.meta.url).href;

// The page asks for the Python of its own version (see version.js).
async function start() {
  const served = await fetch(here + "version.js", { cache: "no-cache" }).then((response) => response.text());
  if (served.includes(`"${location.search.slice(1)}"`)) return startPython(here);
  throw new Error("the book has been changed since this page was opened; reload the page");
}
const started = start();
started.catch((error) => self.postMessage({ fatal: lastLine(error) }));

let describe;
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
};

self.onmessage = async ({ data: { id, kind, ...question } }) => {
  const python = await started;
  try {
    self.postMessage({ id, answer: await ANSWERS[kind](python, question) });
  } catch (error) {
    // An error that is not Python's own (out of memory, stack overflow) leaves nothing to go on with.
    const own = error instanceof python.ffi.PythonError;
    self.postMessage(own ? { id, error: lastLine(error) } : { fatal: lastLine(error) });
  }
};
