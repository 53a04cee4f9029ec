// Once Python has answered, the service worker keeps what this page took, to be read again without a network.
import { answered, version } from "./python.js";

const idle = () => new Promise((go) => (globalThis.requestIdleCallback ?? setTimeout)(go));

export async function keepPage() {
  if (!navigator.serviceWorker) return; // not over plain http, unless from this machine
  const python = await answered;
  await idle();
  const ofPython = await python.ask({ kind: "fetched", endless: true });
  const ofPage = performance.getEntriesByType("resource").map((entry) => entry.name);
  const ofBoxes = document.querySelector(".snn-code") ? [`editor.js${version}`, "running.py"] : []; // not yet used
  const here = ofBoxes.map((file) => new URL(file, import.meta.url).href);
  const keep = [location.href, ...ofPage, ...ofPython, ...here].map((url) => url.split("#")[0]);
  const registration = await navigator.serviceWorker.register(new URL("../service-worker.js", import.meta.url));
  await registration.update();
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise((go) => {
    const look = () => worker.state === "activated" && go();
    worker.addEventListener("statechange", look);
    look();
  });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => (document.documentElement.dataset.kept = data);
  worker.postMessage({ version, keep: [...new Set(keep)].filter((url) => url.startsWith(location.origin)) }, [port2]);
}
