// Keeps what a reader has read: the pages, and what these took of live/ and _static/. The build copies this file to the
// root of the book and writes into it the checksum of those two folders: with another checksum it is another service
// worker, with an empty cache. A file is kept, and a page is joined with kept files, only while the server still has this
// version; when it has another, the cache is dropped and everything comes from the network.
const VERSION = "unbuilt";
const ROOT = self.registration.scope;
const CACHE = `${ROOT} ${VERSION}`; // caches belong to all books of a host
const isShared = (url) => ["live/", "_static/"].some((folder) => url.startsWith(ROOT + folder));

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(`${ROOT} `) && name !== CACHE;
  const clean = async () => Promise.all((await caches.keys()).filter(old).map((name) => caches.delete(name)));
  event.waitUntil(clean().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(ROOT) || request.headers.has("Range")) return;
  event.respondWith(isShared(request.url) ? kept(event) : newest(event));
});

// {version, keep: addresses} of a page: keep these too; the answer is how many there are now.
self.addEventListener("message", (event) => {
  const { version, keep } = event.data;
  if (version === `?${VERSION}`) event.waitUntil(keepAll(keep).then((count) => event.ports[0].postMessage(count)));
});

// Whether the server has this version; undefined if it does not say.
async function current() {
  const response = await fetch(`${ROOT}live/version.txt`, { cache: "no-store" }).catch(() => undefined);
  return response?.ok ? (await response.text()) === VERSION : undefined;
}

// What belongs to the version: from the cache, else from the network.
async function kept(event) {
  const { request } = event;
  const cache = await caches.open(CACHE);
  const found = await cache.match(request.url);
  if (found) return found;
  const response = await fetch(request, { cache: "no-cache" });
  const copy = response.clone(); // is kept while the response is used
  event.waitUntil(current().then((same) => same && store(cache, request.url, copy)));
  return response;
}

// Pages: from the network, else from the cache.
async function newest(event) {
  const { request } = event;
  try {
    const [response, same] = await Promise.all([fetch(request, { cache: "no-cache" }), current()]);
    if (same === false) await caches.delete(CACHE);
    if (same) event.waitUntil(store(await caches.open(CACHE), request.url, response.clone()));
    return response;
  } catch (error) {
    const cache = await caches.open(CACHE);
    const found = await cache.match(place(request.url));
    if (found) return found;
    if (request.mode === "navigate") return absent(cache);
    throw error;
  }
}

// Under which address something is kept: pages whatever stands behind their names.
function place(url) {
  const { origin, pathname } = new URL(url);
  return isShared(url) ? url : origin + pathname.replace(/\/$/, "/index.html");
}

async function store(cache, url, response) {
  if (response.status === 200) await cache.put(place(url), response).catch(() => {}); // no room: not kept
}

async function keepAll(urls) {
  const cache = await caches.open(CACHE);
  const get = async (url) => {
    if (await cache.match(place(url))) return;
    return [url, await fetch(url, { cache: "no-cache" })];
  };
  const got = await Promise.all(urls.filter((url) => url.startsWith(ROOT)).map((url) => get(url).catch(() => {})));
  if (await current()) await Promise.all(got.filter(Boolean).map(([url, response]) => store(cache, url, response)));
  return (await cache.keys()).length;
}

// What a reader without a network sees in place of a page that was never read.
async function absent(cache) {
  const pages = (await cache.keys()).map(({ url }) => url).filter((url) => url.endsWith(".html"));
  const links = pages.map((url) => `<li><a href="${url}">${url.slice(ROOT.length, -5)}</a></li>`);
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Not without a network</title><body style="font: 1.1rem/1.5 sans-serif; margin: 2rem; color-scheme: light dark">
    <h1>This page needs a network</h1><p>It has not been read on this device before. These pages are kept:</p>
    <ul>${links.join("")}</ul></body></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
