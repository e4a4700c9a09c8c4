/**
 * Curves of one broadcast above one axis of time, with what was put on show and what went wrong marked.
 *
 * The pointer or the arrow keys choose a minute; the same figures stand in a table for whoever reads
 * instead of looks.
 */

import { area, linear, moments, path, ticks } from "../core/scale.js";
import { clock } from "../core/format.js";
import { attribute, el, replace, svg, text } from "../edge/dom.js";

const MINUTE_MS = 60_000;
const LEFT = 64;
const RIGHT = 14;
const TOP = 16;
const AXIS = 20;
const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };

/**
 * One drawing.
 *
 * Shapes: `series` is `[{id, kind: "bar" | "line", value(minute)}]`, `format` makes the labels of the axis,
 *     `choose(index)` is told which minute is pointed at. `{element, update(minutes, marks), point(index)}`;
 *     `marks` is `{pins: [{at_ms, name}], alerts: [{from_ms, to_ms, severity, name}]}`.
 */
export function curve({ name, series, format, choose, height = 150 }) {
  const drawing = svg("svg", { class: "curve-drawing", "aria-hidden": "true" });
  const element = el(
    "figure",
    { class: `curve curve-${series[0].id}`, role: "group", tabindex: "0", "aria-label": name, on: { keydown: byKey, pointermove: byPointer, pointerleave: () => choose(null) } },
    el("figcaption", {}, name),
    drawing,
  );
  let minutes = [];
  let marks = { pins: [], alerts: [] };
  let chosen = null;
  let x = null;
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(element);

  function byKey(event) {
    if (!(event.key in KEYS) || !minutes.length) return;
    event.preventDefault();
    const from = chosen ?? minutes.length - (event.key === "ArrowRight" ? 1 : 0);
    choose(Math.max(0, Math.min(minutes.length - 1, from + KEYS[event.key])));
  }

  function byPointer(event) {
    if (!x) return;
    const at = event.clientX - drawing.getBoundingClientRect().left;
    const distance = (minute) => Math.abs(x(minute.minute_ms + MINUTE_MS / 2) - at);
    choose(minutes.reduce((best, minute, index) => (distance(minute) < distance(minutes[best]) ? index : best), 0));
  }

  function draw() {
    const width = Math.max(240, element.clientWidth);
    attribute(drawing, "viewBox", `0 0 ${width} ${height}`);
    attribute(drawing, "width", width);
    attribute(drawing, "height", height);
    if (!minutes.length) return replace(drawing);
    const from = minutes[0].minute_ms;
    const to = minutes.at(-1).minute_ms + MINUTE_MS;
    const floor = height - AXIS;
    const values = minutes.flatMap((minute) => series.map((each) => each.value(minute) ?? 0));
    const steps = ticks(Math.max(...values), 3);
    const y = linear(0, steps.at(-1), floor, TOP);
    x = linear(from, to, LEFT, width - RIGHT);
    return replace(
      drawing,
      steps.map((value) => [
        svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, format(value)),
      ]),
      moments(from, to, Math.max(2, Math.floor(width / 110))).filter((at) => x(at) < width - RIGHT - 8).map((at) =>
        svg("text", { class: "tick", x: x(at), y: height - 5, "text-anchor": "middle" }, clock(at, false)),
      ),
      marks.alerts.map((alert) => band(alert, from, to, floor)),
      series.map((each) => shape(each, x, y, floor)),
      marks.pins.filter((pin) => pin.at_ms >= from && pin.at_ms <= to).map((pin) => flag(pin, floor)),
      crosshair(y, floor),
    );
  }

  function band(alert, from, to, floor) {
    const begin = x(Math.max(from, alert.from_ms));
    const end = x(Math.min(to, alert.to_ms));
    if (alert.to_ms < from || alert.from_ms > to) return null;
    return svg(
      "g",
      { class: `band severity-${alert.severity}` },
      svg("title", {}, alert.name),
      svg("rect", { x: begin, y: TOP - 6, width: Math.max(3, end - begin), height: floor - TOP + 6 }),
      svg("rect", { class: "band-edge", x: begin, y: TOP - 6, width: Math.max(3, end - begin), height: 3 }),
    );
  }

  function shape(each, toX, toY, floor) {
    if (each.kind === "bar") {
      const wide = Math.max(1, (toX(MINUTE_MS) - toX(0)) * 0.72);
      return minutes.map((minute) => {
        const value = each.value(minute) ?? 0;
        if (value <= 0) return null;
        const at = toX(minute.minute_ms + MINUTE_MS / 2) - wide / 2;
        return svg("rect", { class: `mark-${each.id}`, x: at, y: toY(value), width: wide, height: floor - toY(value) });
      });
    }
    const points = minutes.map((minute) => {
      const value = each.value(minute);
      return [toX(minute.minute_ms + MINUTE_MS / 2), value === null || value === undefined ? null : toY(value)];
    });
    return [
      svg("path", { class: `area-${each.id}`, d: area(points, floor) || null }),
      svg("path", { class: `mark-${each.id}`, d: path(points) || null, fill: "none" }),
    ];
  }

  function flag(pin, floor) {
    const at = x(pin.at_ms + MINUTE_MS / 2);
    return svg(
      "g",
      { class: "pin" },
      svg("title", {}, `${clock(pin.at_ms, false)} ${pin.name}`),
      svg("line", { x1: at, x2: at, y1: TOP - 4, y2: floor }),
      svg("path", { d: `M${at - 5} ${TOP - 14}h10l-5 8z` }),
    );
  }

  function crosshair(y, floor) {
    if (chosen === null || !minutes[chosen]) return null;
    const at = x(minutes[chosen].minute_ms + MINUTE_MS / 2);
    const dots = series.map((each) => {
      const value = each.value(minutes[chosen]);
      return value === null || value === undefined ? null : svg("circle", { class: `dot mark-${each.id}`, cx: at, cy: y(value), r: 3.5 });
    });
    return svg("g", { class: "crosshair" }, svg("line", { x1: at, x2: at, y1: TOP - 6, y2: floor }), dots);
  }

  return {
    element,
    update(next, nextMarks, label) {
      minutes = next;
      marks = nextMarks;
      attribute(element, "aria-label", label);
      draw();
    },
    point(index) {
      if (index === chosen) return;
      chosen = index;
      draw();
    },
    destroy: () => sizes.disconnect(),
  };
}

/** The minutes as a table. Shapes: `columns` is `[{name, cell(minute)}]`. */
export function minuteTable(name, columns, minutes) {
  const heads = columns.map((column) => el("th", { scope: "col", class: "number" }, column.name));
  const rows = minutes.map((minute) =>
    el("tr", {}, el("th", { scope: "row" }, clock(minute.minute_ms, false)), columns.map((column) => el("td", { class: "number" }, column.cell(minute)))),
  );
  const corner = el("th", { scope: "col" });
  text(corner, name);
  return el("table", { class: "minutes" }, el("thead", {}, el("tr", {}, corner, heads)), el("tbody", {}, rows));
}
