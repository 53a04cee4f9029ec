// Pyodide asks for its files one after the other, and waits for ever for one that does not come. `prefetch` asks for
// them at once and hands them over when Pyodide asks; `failure` is a promise that is rejected if one does not come whole.
// The server is asked whether what the browser has of them is still the newest.
export function prefetch(urls) {
  const { fetch, WebAssembly } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  let fail;
  const failure = new Promise((_, reject) => (fail = reject));
  failure.catch(() => {}); // whoever waits for it hears it; when Python runs nobody does

  async function get(url) {
    const name = url.split("/").at(-1);
    const response = await fetch(url, { cache: "no-cache" }).catch((error) => Promise.reject(new Error(`${name}: ${error.message}`)));
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    if (!name.endsWith(".wasm")) return new Response(await response.arrayBuffer());
    if (response.headers.get("Content-Type") === "application/wasm") return response; // compiled while it comes
    return new Response(response.body, { headers: { "Content-Type": "application/wasm" } });
  }
  const coming = new Map(urls.map((url) => [url, get(url)]));
  coming.forEach((file) => file.catch(fail));
  globalThis.fetch = (url, options) => coming.get(String(url)) ?? fetch(url, { ...options, cache: "no-cache" });
  WebAssembly.instantiateStreaming = (...wasm) => {
    const made = instantiateStreaming(...wasm);
    made.catch(fail);
    return made;
  };
  const done = () => {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  };
  return { get, failure, done };
}
