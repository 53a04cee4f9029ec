// node bundle.mjs MODULES OUT
// Bundles the editor of code boxes (editor-source.mjs) from the npm packages in MODULES into OUT/editor.js, and puts
// the licences of what went into it beside it.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [modules, out] = process.argv.slice(2).map((p) => path.resolve(p));
const esbuild = createRequire(path.join(modules, "esbuild/package.json"))("esbuild");
const { metafile } = await esbuild.build({
  entryPoints: [fileURLToPath(new URL("editor-source.mjs", import.meta.url))],
  outfile: path.join(out, "editor.js"),
  nodePaths: [modules],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  metafile: true,
});
const packageOf = (file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? [];
const packages = new Set(Object.keys(metafile.inputs).flatMap(packageOf));
const licences = [...packages].sort().map((name) => {
  const { version } = JSON.parse(fs.readFileSync(path.join(modules, name, "package.json"), "utf8"));
  return `${name} ${version}\n\n${fs.readFileSync(path.join(modules, name, "LICENSE"), "utf8")}`;
});
fs.writeFileSync(path.join(out, "editor.LICENSE"), licences.join("\n\n"));
