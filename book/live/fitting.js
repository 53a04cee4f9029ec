import { draw, plotting } from "./draw.js";

// A figure without sliders: drawn anew as wide as the page is; the picture stays if that fails.
export function makeFitting(element) {
  const figure = JSON.parse(element.dataset.figure);
  const picture = element.querySelector(".snn-picture");
  const drawIt = () => plotting().then(() => draw(figure, picture), () => {});
  let drawnAt = 0;
  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      new ResizeObserver(() => {
        if (picture.clientWidth && picture.clientWidth !== drawnAt) drawIt();
        drawnAt = picture.clientWidth;
      }).observe(element);
    },
    { rootMargin: "400px" },
  ).observe(element);
}
