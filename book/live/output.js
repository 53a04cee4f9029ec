// What a code box prints and shows: text as it comes, values, errors, and figures drawn from their descriptions.
import { draw, plotting } from "./draw.js";

const DELAY = 40; // milliseconds over which text is gathered, so that much of it stays cheap

export function makeOutput(label) {
  const element = document.createElement("div");
  element.className = "snn-output";
  element.setAttribute("role", "log"); // what is added is read out
  element.setAttribute("aria-label", label);
  element.tabIndex = 0; // to scroll it by the keyboard
  element.hidden = true;
  let waiting = []; // [kind, text]
  let timer;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
    for (const [kind, text] of waiting) {
      const last = element.lastElementChild;
      if (kind === "figure") element.append(picture(JSON.parse(text)));
      else if (last?.className === kind && kind !== "value") last.append(text);
      else element.append(Object.assign(document.createElement("pre"), { className: kind, textContent: text }));
    }
    waiting = [];
    element.hidden = !element.hasChildNodes();
    if (atEnd) element.scrollTop = element.scrollHeight;
  }
  return {
    element,
    add(kind, text) {
      waiting.push([kind, text]);
      timer ??= setTimeout(flush, DELAY);
    },
    finish: flush,
    clear() {
      waiting = [];
      element.replaceChildren();
      flush();
    },
  };
}

function picture(figure) {
  const place = Object.assign(document.createElement("div"), { className: "snn-picture" });
  const caption = Object.assign(document.createElement("figcaption"), { textContent: figure.caption });
  const element = Object.assign(document.createElement("figure"), { className: "snn-drawn", snnref: figure });
  element.append(place, caption);
  let drawnAt = 0; // pixels
  new ResizeObserver(() => {
    if (place.clientWidth && place.clientWidth !== drawnAt) plotting().then(() => draw(figure, place), () => {});
    drawnAt = place.clientWidth;
  }).observe(element);
  return element;
}
