// What a code box prints and shows: text as it comes, values, errors, and figures drawn from their descriptions.
import { draw, plotting } from "./draw.js";
import { make, onWidth } from "./elements.js";

const DELAY = 40; // milliseconds over which text is gathered, so that much of it stays cheap

export function makeOutput(label) {
  const element = make("div", { className: "snn-output", ariaLabel: label });
  element.setAttribute("role", "log"); // what is added is read out
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
      else element.append(make("pre", { className: kind, textContent: text }));
    }
    waiting = [];
    element.tabIndex = element.hasChildNodes() ? 0 : -1; // to scroll it by the keyboard
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
  const place = make("div", { className: "snn-picture" });
  onWidth(place, () => plotting().then(() => draw(figure, place), () => {}));
  const caption = make("figcaption", { textContent: figure.caption });
  return make("figure", { className: "snn-drawn", snnref: figure }, place, caption);
}
