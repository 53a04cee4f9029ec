// Code in a link: …#code=BOX,z…, or …#code=BOX.EXAMPLE,z… It stays in the fragment, which no browser sends anywhere.
// What follows the comma is "z" with deflated text or "u" with plain text, both UTF-8 in base64url.
import { put, settings } from "./link.js";

const FORM = /^([\w-]+)(?:\.([\w-]+))?,([zu])([\w-]*)$/;

const through = async (bytes, stream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
const toText = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const fromText = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

export async function linkTo(box, example, code) {
  const bytes = new TextEncoder().encode(code);
  const packed = globalThis.CompressionStream
    ? `z${toText(await through(bytes, new CompressionStream("deflate-raw")))}`
    : `u${toText(bytes)}`;
  return `${location.href.split("#")[0]}#code=${box}${example ? `.${example}` : ""},${packed}`;
}

// Calls `load(example, code)` if the page's address has code for this box, now or later.
export function onLink(box, load) {
  const look = async () => {
    const [, name, example, form, packed] = settings().get("code")?.match(FORM) ?? [];
    if (name !== box) return;
    try {
      const bytes = fromText(packed);
      const text = form === "z" ? await through(bytes, new DecompressionStream("deflate-raw")) : bytes;
      load(example, new TextDecoder("utf-8", { fatal: true }).decode(text));
    } catch {
      load(example, "# The link is damaged: its code cannot be read.");
    }
  };
  addEventListener("hashchange", look);
  look();
}

// Takes the code out of the address, and nothing else.
export function dropLink() {
  const rest = settings();
  if (!rest.has("code")) return;
  rest.delete("code");
  put(rest);
}
