// node precompile.mjs PYODIDE_FOLDER SITE_ZIP CACHE
// Leaves out of Python's standard library, NumPy's wheel and SITE_ZIP what no page needs, and puts byte code, compiled by
// the very Pyodide that will run it, in the place of the source of what the figures import (so they start in half the
// time; byte code is larger, so the rest stays source). Brings the wheel's checksum in pyodide-lock.json up to date.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, site, cache] = process.argv.slice(2).map((p) => path.resolve(p));
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder + "/", packages: ["numpy"] });
const extractDir = python.runPython("import site; site.getsitepackages()[0]");
python.unpackArchive(new Uint8Array(fs.readFileSync(site)), "zip", { extractDir });
python.runPython(`
import importlib, importlib._bootstrap_external as bootstrap, re, sys, zipfile
importlib.invalidate_caches()
figures = importlib.import_module("snnref.figures")
for name in [*figures.CHAPTERS, *figures.PAGES.values()]:
    importlib.import_module(f"snnref.figures.{name}")
import numpy.random, traceback
origins = [getattr(module.__spec__, "origin", None) for module in sys.modules.values() if hasattr(module, "__spec__")]
imported = {re.sub(r".*(site-packages|python\\d+\\.zip)/", "", origin) for origin in origins if origin}
# Tests and headers; servers and clients of the network, Python's own terminal; alphabets of the time before Unicode.
UNWANTED = re.compile(r"""(^|/)(tests?|dask|cupy)/|\\.(pyi|pxd|h|c|a|pyx|ini)$
    |^(wsgiref|xmlrpc|sqlite3|multiprocessing|idlelib|tkinter|turtledemo|ensurepip|lib2to3|pydoc_data|venv)/
    |^(imaplib|mailbox|poplib|smtplib|ftplib|turtle|zipapp|webbrowser)\\.py$
    |^_pyrepl/(windows|unix|fancy|reader|readline|historical|completing|commands|console|simple|main)
    |^encodings/(cp(?!437|1252)|iso(?!8859_15?\\.)|mac_|koi8|big5|euc_|gb|hz|johab|shift_|kz|hp_|palm|ptcp|tis)""", re.X)
KEPT = re.compile(r"\\.dist-info/|_pytesttester|snnref/")
def squeeze(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for item in old.infolist():
            name = item.filename
            if name.endswith("/") or (UNWANTED.search(name) and not KEPT.search(name)):
                continue
            data = old.read(name)
            if name.endswith(".py") and (name in imported or name.startswith("snnref/")):
                code = compile(data, name, "exec", dont_inherit=True)
                data, name = bytes(bootstrap._code_to_timestamp_pyc(code)), name + "c"
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
`);
const sha256 = (data) => crypto.createHash("sha256").update(data).digest("hex");
const imported = python.runPython("','.join(sorted(imported))");
const recipe = sha256(fs.readFileSync(new URL(import.meta.url)) + imported).slice(0, 12);

function squeeze(file) {
  python.FS.writeFile("/old.zip", fs.readFileSync(file));
  python.runPython(`squeeze("/old.zip", "/new.zip")`);
  fs.writeFileSync(file, python.FS.readFile("/new.zip"));
}

// The same archive by the same recipe is taken out of the cache.
function squeezeOnce(file) {
  const kept = path.join(cache, `${sha256(fs.readFileSync(file)).slice(0, 12)}-${recipe}.zip`);
  if (fs.existsSync(kept)) return fs.copyFileSync(kept, file);
  squeeze(file);
  fs.copyFileSync(file, `${kept}.part`);
  fs.renameSync(`${kept}.part`, kept); // whole or not at all
}

squeeze(site);
squeezeOnce(path.join(folder, "python_stdlib.zip"));
const lockFile = path.join(folder, "pyodide-lock.json");
const lock = JSON.parse(fs.readFileSync(lockFile, "utf8"));
for (const wheel of Object.values(lock.packages)) {
  const file = path.join(folder, wheel.file_name);
  squeezeOnce(file);
  wheel.sha256 = sha256(fs.readFileSync(file));
}
fs.writeFileSync(lockFile, JSON.stringify(lock));
