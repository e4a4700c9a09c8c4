/** What an alert rests on, as a list of terms and the comments that were read. */

import { clock, count, elapsed, number, percent } from "../core/format.js";
import { el } from "../edge/dom.js";
import { named, t } from "../words/language.js";

/** The evidence of an alert. Shapes: what was not known is left out. */
export function evidence(alert) {
  const rests = alert.evidence ?? {};
  const rows = [...signals(rests), ...origin(alert)].filter(([, value]) => value !== null);
  return el(
    "div",
    { class: "evidence-body" },
    comments(rests.comments ?? []),
    el("dl", { class: "terms" }, rows.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value)))),
    table(t("evidence.inputs"), Object.entries(rests.inputs ?? {}).map(([name, value]) => [name, plain(value)])),
    table(t("evidence.offsets"), Object.entries(rests.offsets ?? {}).map(([name, value]) => [name, count(value)])),
  );
}

function signals(rests) {
  return [
    [t("evidence.users"), known(rests.users, count)],
    [t("evidence.rate_now"), known(rests.orders_per_min, number)],
    [t("evidence.rate_before"), known(rests.orders_per_min_before, number)],
    [t("evidence.stock"), known(rests.stock, stock)],
    [t("evidence.stock_age"), known(rests.stock?.age_s, (s) => t("evidence.age", { age: elapsed(s * 1000) }))],
    [t("evidence.reserved"), known(rests.stock?.reserved, count)],
    [t("evidence.planned"), known(rests.planned, planned)],
    [t("evidence.lost"), known(rests.lost_sales, lost)],
  ];
}

function origin(alert) {
  const step = { why: named("why", alert.why), time: clock(alert.at_ms), seq: alert.seq };
  return [
    [t("evidence.confidence"), percent(alert.confidence ?? 1).replace(".0%", "%")],
    [t("evidence.rule"), t("evidence.rule_value", { rule: alert.rule, version: alert.rule_version })],
    [t("evidence.lexicon"), alert.lexicon_version ?? null],
    [t("evidence.step"), t("evidence.step_value", step)],
    [t("evidence.id"), alert.alert_id],
  ];
}

function known(value, words) {
  return value === null || value === undefined ? null : words(value);
}

function stock(seen) {
  const sold_out = seen.sold_out ? t("evidence.sold_out") : "";
  return t("evidence.stock_value", { n: count(seen.available), sold_out });
}

function planned(release) {
  const quantity = known(release.quantity, (n) => t("evidence.quantity", { n: count(n) })) ?? "";
  return t("evidence.planned_value", { time: clock(release.release_at_ms), quantity });
}

function lost(sales) {
  const words = { n: number(sales.lines, 0), low: number(sales.low, 0), high: number(sales.high, 0) };
  return el("span", { title: sales.method }, t("evidence.lost_value", words));
}

function comments(shown) {
  if (!shown.length) return null;
  const items = shown.map((comment) =>
    el(
      "li",
      {},
      el("q", { class: "said", title: comment.id }, comment.text),
      el("span", { class: "said-as" }, named("label", comment.label)),
      el("time", {}, clock(comment.at_ms)),
    ),
  );
  return [el("h4", {}, t("evidence.comments")), el("ul", { class: "comments" }, items)];
}

function plain(value) {
  if (typeof value === "number") return number(value, 2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function table(name, entries) {
  if (!entries.length) return null;
  const rows = entries.map(([key, value]) => el("div", {}, el("dt", {}, key), el("dd", {}, value)));
  return el("details", { class: "raw" }, el("summary", {}, name), el("dl", { class: "terms" }, rows));
}
