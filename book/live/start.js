// Starts Python with NumPy and snnref, in a page or in a worker; `base` is the folder of this file.
import { prefetch } from "./prefetch.js";
import { addLazyFiles } from "./lazy_files.js";

export async function startPython(base) {
  const folder = base + "pyodide/";
  const files = prefetch(["pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"].map((file) => folder + file));
  try {
    return await Promise.race([files.failure, begin(base, folder, files.get)]);
  } finally {
    files.done();
  }
}

async function begin(base, folder, get) {
  const others = Promise.all([get(base + "site.zip"), get(base + "lazy.json")]);
  import(folder + "pyodide.asm.mjs").catch(() => {}); // loadPyodide says it, if that fails
  const { loadPyodide } = await import(folder + "pyodide.mjs");
  const options = { indexURL: folder, packageBaseUrl: folder, packages: ["numpy"], env: { HOME: "/home/pyodide" } };
  const [python, [site, lazy]] = await Promise.all([loadPyodide(options), others]);
  if (!python.loadedPackages.numpy) throw new Error("NumPy did not arrive, or is not the file that was published");
  const packages = python.runPython("import site; site.getsitepackages()[0]");
  python.unpackArchive(await site.arrayBuffer(), "zip", { extractDir: packages });
  addLazyFiles(python.FS, packages, { sizes: await lazy.json(), from: base + "lazy/" });
  python.runPython(PREPARE);
  return python;
}

// array_api_compat takes over every name of NumPy's, and so imports parts of it that are seldom used (f2py, testing, ma);
// here it takes those that NumPy has imported, and asks NumPy for others when they are wanted.
const PREPARE = `
import importlib, numpy
importlib.invalidate_caches()
names, listed = numpy.__all__, numpy.__dir__
numpy.__all__ = [name for name in names if name in vars(numpy)]
numpy.__dir__ = lambda: list(vars(numpy))
try:
    import array_api_compat.numpy
    array_api_compat.numpy.__getattr__ = numpy.__getattr__
finally:
    numpy.__all__, numpy.__dir__ = names, listed
`;
