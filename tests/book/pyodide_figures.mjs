// node pyodide_figures.mjs LIVE < QUESTIONS > ANSWERS
// The figures that a page's Python describes, without a browser: [[name, values], …] in, a list of descriptions out.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const live = path.resolve(process.argv[2]);
const folder = path.join(live, "pyodide") + path.sep;
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder, packageBaseUrl: folder, packages: ["numpy"], stdout: () => {} });
const site = new Uint8Array(fs.readFileSync(path.join(live, "site.zip")));
python.unpackArchive(site.buffer, "zip", { extractDir: python.runPython("import site; site.getsitepackages()[0]") });
const describe = python.runPython(`
import importlib, json
importlib.invalidate_caches()
from snnref.figures import describe
lambda name, values: describe(name, json.loads(values)).json()
`);
const questions = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = questions.map(([name, values]) => describe(name, JSON.stringify(values)));
fs.writeFileSync(1, `[${answers.join(",\n")}]`);
