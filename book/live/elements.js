// What the parts of the front end have in common: they make elements, and wait for them.
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function makeButton(text, onClick) {
  const button = make("button", { type: "button", textContent: text });
  button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && onClick());
  return button;
}

// A button that is off keeps the focus, unlike one that is `disabled`.
export const turn = (button, on) => button.setAttribute("aria-disabled", String(!on));

// Calls `action` once, when the reader comes near.
export function whenNear(element, action) {
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      action();
    },
    { rootMargin: "400px" },
  ).observe(element);
}

// Calls `action` when the element gets a width, and at each other one. A hidden page has none.
export function onWidth(element, action) {
  let known = 0; // pixels
  new ResizeObserver(() => {
    const width = element.clientWidth;
    if (width && width !== known) action();
    known = width;
  }).observe(element);
}
