/** How complete the numbers of a broadcast, or of a place, are: what is missing, late, unusable, estimated. */

import { clock, count } from "../core/format.js";
import { el, replace, toggle } from "../edge/dom.js";
import { figureName, named, t } from "../words/language.js";

/** Shapes: `{element, update(tally, session)}`. */
export function completenessPanel() {
  const list = el("dl", { class: "terms" });
  const element = el("section", { class: "panel complete" }, el("header", {}, el("h2", {}, t("host.complete"))), list);
  return {
    element,
    update(tally, session) {
      const told = session.completeness ?? {};
      toggle(element, "lacking", (told.missing_sources ?? []).length > 0);
      replace(list, entries(rows(tally, session, told)));
    },
  };
}

const ORDERS = "live.orders.v1";

/** What the money of a place lacks, in words; empty: nothing. Shapes: `item` as `/rollups` gives it. */
export function moneyLacks(item) {
  const ofOrders = (counts) => (counts?.[ORDERS] ? { [ORDERS]: counts[ORDERS] } : {});
  return [
    [t("complete.missing"), missing(item, ofOrders(item.missing_sources))],
    [t("complete.rejected"), bySource(ofOrders(item.rejected))],
  ]
    .filter(([, value]) => value)
    .map((words) => words.join(": "))
    .join("; ");
}

/** What the sums of a place lack, in terms; null: nothing. Shapes: `item` as `/rollups` gives it. */
export function placeLacks(item) {
  const told = [
    [t("complete.missing"), missing(item, item.missing_sources ?? {})],
    [t("complete.late"), bySource(item.late)],
    [t("complete.rejected"), bySource(item.rejected)],
    [t("complete.approximate"), (item.approximate ?? []).map(figureName).join(", ")],
  ].filter(([, value]) => value);
  return told.length ? el("dl", {}, entries(told)) : null;
}

function missing(item, sources) {
  return Object.entries(sources)
    .map(([id, n]) => t("complete.missing_in", { what: named("source", id), n: count(n), of: count(item.sessions) }))
    .join(", ");
}

function rows(tally, session, told) {
  const sources = (ids) => ids.map((id) => named("source", id)).join(", ") || t("complete.none");
  const nameless = told.unnamed ?? {};
  const rough = told.online_approximate ? ` (${t("complete.online_rough")})` : "";
  return [
    [t("complete.as_of"), clock(tally.as_of_ms)],
    [t("complete.heard"), clock(session.heard_ms)],
    [t("complete.missing"), sources(told.missing_sources ?? [])],
    [t("complete.late"), bySource(told.late) || t("complete.none")],
    [t("complete.rejected"), rejected(tally, told) || t("complete.none")],
    [t("complete.approximate"), (told.approximate ?? []).map(figureName).join(", ") || t("complete.none")],
    [t("complete.online_at"), told.online_at_ms ? clock(told.online_at_ms) + rough : t("complete.none")],
    [t("complete.watch"), watched(told) || t("complete.none")],
    [t("complete.orphans"), count(told.orphan_refunds)],
    [t("complete.contradicted"), count(told.contradicted_lines)],
    [t("complete.unnamed"), unnamed(nameless)],
    [t("complete.after_end"), count(told.after_end)],
    [t("complete.version"), String(tally.version)],
  ];
}

function entries(terms) {
  return terms.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value)));
}

function bySource(counts) {
  return Object.entries(counts ?? {})
    .map(([id, n]) => `${named("source", id)} ${count(n)}`)
    .join(", ");
}

function watched(told) {
  const windows = Object.entries(told.watch_methods ?? {}).map(([name, method]) => `${t(`figure.window.${name}`)}: ${method}`);
  return [told.watch_method, ...windows].filter(Boolean).join("; ");
}

function rejected(tally, told) {
  const ofHost = bySource(tally.rejected);
  return [bySource(told.rejected), ofHost && t("complete.rejected_host", { what: ofHost })].filter(Boolean).join("; ");
}

function unnamed(told) {
  const words = { paid: count(told.paid_lines), joins: count(told.joins), comments: count(told.comments) };
  return t("complete.unnamed_value", words);
}
