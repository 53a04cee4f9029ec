// Starts Python with NumPy and snnref, in a page or in a worker; `base` is the folder of this file.
export async function startPython(base) {
  const folder = base + "pyodide/";
  const { loadPyodide } = await import(folder + "pyodide.mjs");
  const [python, site] = await Promise.all([
    loadPyodide({ indexURL: folder, packageBaseUrl: folder, packages: ["numpy"], env: { HOME: "/home/pyodide" } }),
    fetch(base + "site.zip").then((r) => {
      if (!r.ok) throw new Error(`site.zip: ${r.status}`);
      return r.arrayBuffer();
    }),
  ]);
  python.unpackArchive(site, "zip", { extractDir: python.runPython("import site; site.getsitepackages()[0]") });
  python.runPython("import importlib; importlib.invalidate_caches()");
  return python;
}
