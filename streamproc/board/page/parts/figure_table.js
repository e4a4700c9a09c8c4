/** All figures of a broadcast over all windows, each with its definition. */

import { amounts, count, elapsed, exactMoney, number, percent, minorOf } from "../core/format.js";
import { arrange, attribute, el, replace, text } from "../edge/dom.js";
import { definedFigures, definitionOf, figureName, language, named, t } from "../words/language.js";
import { defined } from "./definition_tip.js";

const SPANS = ["session", "1m", "5m", "10m", "previous_10m", "60m"];
const UNITS = { "minor units by currency": "money", count: "count", ratio: "ratio", seconds: "seconds" };

/** A value of a figure in words. Shapes: null is unknown. */
export function figureValue(id, value) {
  if (value === null || value === undefined) return "–";
  const unit = UNITS[definitionOf(id)?.unit] ?? guessed(id);
  if (typeof value === "object" && unit !== "money") {
    return Object.entries(value).map(([name, n]) => `${name} ${count(n)}`).join(", ") || "0";
  }
  if (unit === "money") return Object.keys(value).length === 1 && "CNY" in value ? exactMoney(minorOf(value)) : amounts(value, language(), true);
  if (unit === "ratio") return percent(value);
  if (unit === "seconds") return elapsed(value * 1000);
  return Number.isInteger(value) ? count(value) : number(value, 1);
}

function guessed(id) {
  if (id.endsWith("_minor")) return "money";
  return id.endsWith("_rate") ? "ratio" : "count";
}

/** Shapes: `{element, update(session)}`; session is a `SessionTallied`. */
export function figureTable() {
  const heads = SPANS.map((span) => el("th", { scope: "col", class: "number" }, t(`figure.window.${span}`)));
  const body = el("tbody", {});
  const reasons = reasonsRow();
  const element = el(
    "table",
    { class: "figures" },
    el("caption", {}, t("host.figures_hint")),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("figure.name")), heads)),
    body,
  );
  let rows = new Map();

  function build(ids) {
    rows = new Map(ids.map((id) => [id, row(id)]));
  }

  return {
    element,
    update(session) {
      const order = definedFigures().map((figure) => figure.id);
      const ids = [...order, ...Object.keys(session.figures).filter((id) => !order.includes(id))];
      const shown = ids.filter((id) => id in session.figures);
      if (shown.join() !== [...rows.keys()].join()) build(shown);
      const estimates = new Set(session.completeness?.approximate ?? []);
      for (const [id, each] of rows) each.update(session, estimates.has(id));
      const isSplit = reasons.update(session.failed_by_reason ?? {});
      arrange(body, [...rows].flatMap(([id, each]) => (id === "failed_orders" && isSplit ? [each.element, reasons.element] : [each.element])));
    },
  };
}

/** Why orders failed, of the whole broadcast alone. Shapes: `update` says whether any did. */
function reasonsRow() {
  const list = el("ul", {});
  const element = el("tr", { class: "by-reason" }, el("th", { scope: "row" }, t("figure.by_reason")), el("td", { colspan: SPANS.length }, list));
  return {
    element,
    update(failed) {
      const told = Object.entries(failed).filter(([, n]) => n > 0).map(([reason, n]) => `${named("reason", reason)} ${count(n)}`);
      if (told.join() !== list.dataset.told) replace(list, told.map((words) => el("li", {}, words)));
      list.dataset.told = told.join();
      return told.length > 0;
    },
  };
}

function row(id) {
  const cells = SPANS.map((span) => ({ span, element: el("td", { class: "number" }) }));
  const about = el("abbr", { title: t("figure.approximate") }, "≈");
  const element = el("tr", {}, el("th", { scope: "row" }, defined(id, figureName(id)), about), cells.map((cell) => cell.element));
  return {
    element,
    update(session, estimate) {
      about.hidden = !estimate;
      for (const cell of cells) {
        const values = cell.span === "session" ? session.figures : session.windows?.[cell.span];
        const value = values?.[id];
        text(cell.element, (estimate && value !== null && value !== undefined ? "≈ " : "") + figureValue(id, value));
        attribute(cell.element, "data-span", cell.span);
      }
    },
  };
}
