// The worker of test_pyodide.py: starts Python as the figures do, unpacks tests.zip, runs `in_browser.run`.
import { startPython } from "./start.js";

const here = new URL("./", import.meta.url).href;
const said = []; // what pytest prints

onmessage = async ({ data: chosen }) => {
  try {
    const python = await startPython(here);
    python.setStdout({ batched: (line) => said.push(line) });
    const zip = await (await fetch(here + "tests.zip")).arrayBuffer();
    python.unpackArchive(zip, "zip", { extractDir: "/work" });
    python.globals.set("chosen", python.toPy(chosen));
    const outcome = python.runPython(`
      import os, shutil, site, sys
      os.chdir("/work")
      shutil.copytree("changed", site.getsitepackages()[0], dirs_exist_ok=True)
      sys.path.append("site")
      import in_browser
      in_browser.run("tests", list(chosen))
    `);
    postMessage({ said, ...JSON.parse(outcome) });
  } catch (error) {
    postMessage({ said, passed: 0, skipped: {}, failed: { none: String(error) } });
  }
};
