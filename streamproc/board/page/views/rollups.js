/** Villages, towns and districts: sums of their rooms. */

import { amounts, clock, count, mainCurrency, minorOf, money, percent } from "../core/format.js";
import { api } from "../edge/api.js";
import { el, replace, text } from "../edge/dom.js";
import { placeLacks } from "../parts/completeness.js";
import { placeName, shareOf } from "../parts/rollup_strip.js";
import { figureName, language, named, t } from "../words/language.js";

const LEVELS = ["district", "town", "village"];
const EVERY_MS = 3_000;
const MONEY = ["pay_gmv_minor", "net_gmv_minor"];
const COUNTS = ["orders_main", "items_sold", "comments", "likes"];
const RATIOS = ["refund_rate", "ctr"];

export function rollupsView() {
  let level = LEVELS[0];
  const choices = LEVELS.map((each) => {
    const input = el("input", { type: "radio", name: "level", value: each, on: { change: () => choose(each) } });
    input.checked = each === level;
    return el("label", { class: "choice" }, input, el("span", {}, t(`rollup.${each}`)));
  });
  const none = el("p", { class: "empty" }, t("rollup.none"));
  const failed = el("p", { class: "empty", role: "status" });
  const names = ["place", "hosts", "sessions"].map((name) => t(`rollup.${name}`));
  const figures = [...MONEY, ...COUNTS, ...RATIOS].map(figureName);
  const heads = [names[0], t("rollup.share"), ...names.slice(1), ...figures];
  const asOf = el("p", { class: "as-of" });
  const body = el("tbody", {});
  const table = el(
    "table",
    { class: "rollups" },
    el("caption", {}, el("span", {}, t("rollup.note"))),
    el("thead", {}, el("tr", {}, heads.map((name, n) => el("th", { scope: "col", class: n > 1 ? "number" : "" }, name)))),
    body,
  );
  const element = el(
    "div",
    { class: "page rollup-page" },
    el(
      "section",
      { class: "panel" },
      el("header", {}, el("h1", {}, t("rollup.title")), el("fieldset", { class: "choices" }, el("legend", { class: "unseen" }, t("rollup.level")), choices), asOf),
      el("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": t("rollup.title") }, table, none, failed),
    ),
  );
  table.hidden = true;
  none.hidden = true;
  failed.hidden = true;

  function choose(next) {
    level = next;
    load();
  }

  async function load() {
    const asked = level;
    try {
      const answer = await api.rollups(asked);
      if (asked !== level) return;
      show(answer.items);
      text(asOf, `${t("complete.as_of")} ${clock(answer.as_of_ms)}`);
      failed.hidden = true;
    } catch (error) {
      if (body.children.length) return;
      failed.hidden = false;
      text(failed, named("error", error.message));
    }
  }

  function show(items) {
    const paid = (item) => minorOf(item.figures?.pay_gmv_minor);
    const whole = items.reduce((sum, item) => sum + paid(item), 0n);
    const sorted = [...items].sort((a, b) => (paid(a) < paid(b) ? 1 : -1));
    replace(body, sorted.map((item, n) => [row(item, shareOf(paid(item), whole), `place-${n}`), lacking(item, `place-${n}`, heads.length)]));
    table.hidden = !items.length;
    none.hidden = items.length > 0;
  }

  load();
  const timer = setInterval(load, EVERY_MS);
  return { element, title: t("nav.rollups"), hosts: "*", update() {}, tick() {}, destroy: () => clearInterval(timer) };
}

function row(item, share, id) {
  const figures = item.figures ?? {};
  const estimates = new Set(item.approximate ?? []);
  const bar = el("span", { class: "share-bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", `${share}%`);
  const number = (value, title = null, about = null) => el("td", { class: "number", title }, about, value);
  const about = (name) => estimates.has(name) && [el("span", { "aria-hidden": "true" }, "≈ "), el("span", { class: "unseen" }, t("figure.approximate"))];
  return el(
    "tr",
    {},
    el("th", { scope: "row", id }, placeName(item.place), el("span", { class: "place-in" }, item.place.slice(0, -1).join(" · "))),
    el("td", { class: "share" }, el("span", { class: "share-number" }, `${share}%`), bar),
    number(count(item.hosts)),
    number(count(item.sessions)),
    MONEY.map((name) => {
      const amount = figures[name];
      const currency = mainCurrency(amount);
      return number(amount ? money(minorOf(amount, currency), currency, language()) : "–", amounts(amount, language(), true), about(name));
    }),
    COUNTS.map((name) => number(count(figures[name]), null, about(name))),
    RATIOS.map((name) => number(percent(figures[name]), null, about(name))),
  );
}

/** The row below a place that says what its sums lack; null: nothing. */
function lacking(item, id, columns) {
  const told = placeLacks(item);
  if (!told) return null;
  return el("tr", { class: "lacks" }, el("td", { colspan: columns, headers: id }, el("p", { class: "unseen" }, t("host.complete")), told));
}
