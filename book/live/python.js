// Python in a worker of its own: `ask` a question, get a promise of the answer.

// The build adds to the address of each script, after "?", the version of the book that it belongs to.
export const version = new URL(import.meta.url).search;
const PATIENCE = 60_000; // milliseconds for one answer, once Python runs

let tell;
export const answered = new Promise((resolve) => (tell = resolve)); // the first of a page's that has answered

export class Python {
  #worker;
  #running = false; // it has answered before
  #asked = 0;
  #waiting = new Map();

  // One question: `{kind: "figure", name, values}` and others that `worker.js` lists. Python starts with the first.
  // `onOutput` hears of what is sent while the answer is under way; with `endless` that may last.
  ask({ onOutput, endless = false, ...question }) {
    this.start();
    const id = ++this.#asked;
    if (this.#running && !endless)
      setTimeout(() => this.#waiting.has(id) && this.stop("no answer for a minute"), PATIENCE);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onOutput });
      this.#worker.postMessage({ id, ...question });
    });
  }

  // End it, with an error for whoever waits; the next question starts a new one.
  stop(message) {
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#running = false;
  }

  // The first question would do that too.
  start() {
    if (this.#worker) return;
    const worker = new Worker(new URL(`worker.js${version}`, import.meta.url), { type: "module" });
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if (worker !== this.#worker) return; // one that was stopped
      if (data.fatal) return this.stop(data.fatal);
      this.#running = true;
      if (data.output) return this.#waiting.get(data.id)?.onOutput?.(data.output);
      const { resolve, reject } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data.answer);
      tell(this);
    };
    worker.onerror = (event) => worker === this.#worker && this.stop(event.message || "Python could not be started");
  }
}

export const python = new Python(); // that of the page's figures
