import { draw, plotting } from "./draw.js";
import { onWidth, whenNear } from "./elements.js";

// A figure without sliders: drawn anew as wide as the page is; the picture stays if that fails.
export function makeFitWidth(element) {
  const figure = JSON.parse(element.dataset.figure);
  const picture = element.querySelector(".snn-picture");
  const drawIt = () => plotting().then(() => draw(figure, picture), () => {});
  whenNear(element, () => onWidth(picture, drawIt));
}
