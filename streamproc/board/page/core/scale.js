/** From numbers to places on a drawing. Pure. */

/** Round steps from 0 to at least `top`, few of them. Shapes: whole numbers, ascending. */
export function ticks(top, few = 4) {
  if (!(top > 0)) return [0, 1];
  const rough = top / few;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((each) => each * power >= rough) * power);
  const found = [];
  for (let value = 0; ; value += step) {
    found.push(value);
    if (value >= top) return found;
  }
}

/** A function from [from, to] to [a, b]; an empty span goes to its middle. */
export function linear(from, to, a, b) {
  if (to <= from) return () => (a + b) / 2;
  return (value) => a + ((value - from) / (to - from)) * (b - a);
}

/** A path through the points; null is a gap. Shapes: `points` are `[x, y | null]`. */
export function path(points) {
  let drawn = "";
  let open = false;
  for (const [x, y] of points) {
    if (y === null) {
      open = false;
      continue;
    }
    drawn += `${open ? "L" : "M"}${fixed(x)} ${fixed(y)}`;
    open = true;
  }
  return drawn;
}

/** The same path closed down to a floor, for what is filled below it. */
export function area(points, floor) {
  const runs = [];
  for (const [x, y] of points) {
    if (y === null) runs.push([]);
    else (runs.at(-1) ?? runs[runs.push([]) - 1]).push([x, y]);
  }
  return runs
    .filter((run) => run.length > 1)
    .map((run) => `${path(run)}L${fixed(run.at(-1)[0])} ${fixed(floor)}L${fixed(run[0][0])} ${fixed(floor)}Z`)
    .join("");
}

function fixed(value) {
  return String(Math.round(value * 10) / 10);
}

/** Moments at whole minutes, `few` or less, for the axis of time. Units: milliseconds. */
export function moments(from, to, few = 8) {
  const minute = 60_000;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440].map((each) => each * minute);
  const step = steps.find((each) => (to - from) / each <= few) ?? steps.at(-1);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** Values as points of a small drawing, its floor at 0. Shapes: null stays a gap. */
export function sparkPoints(values, width, height, pad = 1.5) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const top = Math.max(...known, 0) || 1;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, index) => [
    index * step,
    value === null || value === undefined ? null : height - pad - (Math.max(0, value) / top) * (height - 2 * pad),
  ]);
}
