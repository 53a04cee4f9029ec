// Python in the reader's browser: one worker a page. Takes {id, name, values}, answers {id, figure} or {id, error},
// or {fatal} when Python cannot be started. No SharedArrayBuffer, so any static host will do.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = new URL("./", import.meta.url).href;

async function start() {
  const folder = here + "pyodide/";
  const [python, site] = await Promise.all([
    loadPyodide({ indexURL: folder, packageBaseUrl: folder, packages: ["numpy"], env: { HOME: "/home/pyodide" } }),
    fetch(here + "site.zip").then((r) => {
      if (!r.ok) throw new Error(`site.zip: ${r.status}`);
      return r.arrayBuffer();
    }),
  ]);
  python.unpackArchive(site, "zip", { extractDir: python.runPython("import site; site.getsitepackages()[0]") });
  const answer = python.runPython(`
import importlib, json
importlib.invalidate_caches()
from snnref.figures import describe
lambda name, values: describe(name, json.loads(values)).json()
`);
  return { answer, PythonError: python.ffi.PythonError };
}

const lastLine = (error) => String(error.message ?? error).trim().split("\n").at(-1); // of a Python traceback
const started = start();
started.catch((error) => self.postMessage({ fatal: lastLine(error) }));

self.onmessage = async ({ data: { id, name, values } }) => {
  const { answer, PythonError } = await started;
  try {
    self.postMessage({ id, figure: answer(name, JSON.stringify(values)) });
  } catch (error) {
    // An error that is not Python's own (out of memory, stack overflow) leaves nothing to go on with.
    self.postMessage(error instanceof PythonError ? { id, error: lastLine(error) } : { fatal: lastLine(error) });
  }
};
