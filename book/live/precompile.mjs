// node precompile.mjs PYODIDE_FOLDER SITE_ZIP CACHE
// Replaces .py by .pyc in NumPy's wheel and in SITE_ZIP, compiled by the very Pyodide that will import them, leaves
// out what no page needs (tests, headers), and brings the wheel's checksum in pyodide-lock.json up to date.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, site, cache] = process.argv.slice(2).map((p) => path.resolve(p));
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder + "/" });
python.runPython(`
import importlib._bootstrap_external as bootstrap, re, zipfile
UNWANTED = re.compile(r"(^|/)(tests?|dask|cupy)/|\\.(pyi|pxd|h|c|a|pyx|ini)$")
KEPT = re.compile(r"\\.dist-info/|_pytesttester|snnref/")
def squeeze(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for item in old.infolist():
            name = item.filename
            if name.endswith("/") or (UNWANTED.search(name) and not KEPT.search(name)):
                continue
            data = old.read(name)
            if name.endswith(".py"):
                code = compile(data, name, "exec", dont_inherit=True)
                data, name = bytes(bootstrap._code_to_timestamp_pyc(code)), name + "c"
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
`);
const squeeze = (data) => {
  python.FS.writeFile("/old.zip", data);
  python.runPython(`squeeze("/old.zip", "/new.zip")`);
  return Buffer.from(python.FS.readFile("/new.zip"));
};
const sha256 = (data) => crypto.createHash("sha256").update(data).digest("hex");

fs.writeFileSync(site, squeeze(fs.readFileSync(site)));

const lockFile = path.join(folder, "pyodide-lock.json");
const lock = JSON.parse(fs.readFileSync(lockFile, "utf8"));
const recipe = sha256(fs.readFileSync(new URL(import.meta.url))).slice(0, 12);
for (const wheel of Object.values(lock.packages)) {
  const kept = path.join(cache, `${wheel.sha256.slice(0, 12)}-${recipe}.whl`); // same wheel, same recipe
  if (!fs.existsSync(kept)) {
    fs.writeFileSync(`${kept}.part`, squeeze(fs.readFileSync(path.join(folder, wheel.file_name))));
    fs.renameSync(`${kept}.part`, kept); // whole or not at all
  }
  fs.copyFileSync(kept, path.join(folder, wheel.file_name));
  wheel.sha256 = sha256(fs.readFileSync(kept));
}
fs.writeFileSync(lockFile, JSON.stringify(lock));
