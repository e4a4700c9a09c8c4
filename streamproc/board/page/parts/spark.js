/** A small curve beside a number. It says nothing that the number beside it does not, so readers skip it. */

import { area, path, sparkPoints } from "../core/scale.js";
import { attribute, svg } from "../edge/dom.js";

const WIDTH = 100;
const HEIGHT = 26;

/** Shapes: `{element, update(values)}`; `values` may hold null, which leaves a gap. */
export function spark(name) {
  const fill = svg("path", { class: "spark-fill" });
  const line = svg("path", { class: "spark-line" });
  const element = svg(
    "svg",
    { class: `spark spark-${name}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    fill,
    line,
  );
  let drawn = "";
  return {
    element,
    update(values) {
      const told = JSON.stringify(values ?? []);
      if (told === drawn) return;
      drawn = told;
      const points = sparkPoints(values ?? [], WIDTH, HEIGHT);
      attribute(line, "d", path(points) || null);
      attribute(fill, "d", area(points, HEIGHT) || null);
    },
  };
}
