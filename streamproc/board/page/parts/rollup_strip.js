/** The districts in one line below the ranking: who sells how much of the whole. */

import { mainCurrency, minorOf, money } from "../core/format.js";
import { el, replace } from "../edge/dom.js";
import { language, t } from "../words/language.js";
import { moneyLacks } from "./completeness.js";

const MOST = 6;

/** What a place is called. Shapes: its last name; the others say where that is. */
export function placeName(place) {
  const name = place.at(-1);
  return !name || name === "unknown" ? t("rollup.unknown") : name;
}

/** The part of the whole that an amount is, in percent, a tenth exact. Shapes: 0 of nothing. */
export function shareOf(minor, whole) {
  return whole > 0n ? Number((minor * 1000n) / whole) / 10 : 0;
}

/** Shapes: `{element, update(items)}`; items as the API gives them. */
export function rollupStrip() {
  const list = el("ul", { class: "districts" });
  const element = el("section", { class: "panel strip", "aria-label": t("rollup.strip") }, el("h2", {}, el("a", { href: "#/rollups" }, t("rollup.strip"))), list);
  return {
    element,
    update(items) {
      const paid = (item) => minorOf(item.figures?.pay_gmv_minor);
      const whole = items.reduce((sum, item) => sum + paid(item), 0n);
      const sorted = [...items].sort((a, b) => (paid(a) < paid(b) ? 1 : -1)).slice(0, MOST);
      element.hidden = !items.length;
      replace(
        list,
        sorted.map((item) => {
          const amount = item.figures?.pay_gmv_minor ?? {};
          const currency = mainCurrency(amount);
          const bar = el("span", { class: "share-bar", "aria-hidden": "true" });
          bar.style.setProperty("--share", `${shareOf(paid(item), whole)}%`);
          const lacks = moneyLacks(item);
          return el(
            "li",
            { title: item.place.join(" · ") },
            el("span", { class: "district-name" }, placeName(item.place)),
            el("span", { class: "district-hosts" }, t("rollup.hosts_n", { n: item.hosts })),
            el(
              "span",
              { class: "district-money" },
              lacks !== "" && atLeast(lacks),
              money(minorOf(amount, currency), currency, language()),
            ),
            bar,
          );
        }),
      );
    },
  };
}

function atLeast(lacks) {
  const words = `${t("rollup.at_least")} (${lacks})`;
  return el("span", { class: "district-lacks", title: words }, el("span", { "aria-hidden": "true" }, "≥ "), el("span", { class: "unseen" }, `${words} `));
}
