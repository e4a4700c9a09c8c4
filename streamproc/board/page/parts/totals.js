/** What all rooms add up to, in one strip. */

import { amounts, count, mainCurrency, minorOf, money } from "../core/format.js";
import { totals } from "../core/ranking.js";
import { attribute, el, text } from "../edge/dom.js";
import { language, t } from "../words/language.js";

const PARTS = ["pay", "net", "orders", "items", "online", "comments", "rooms"];

/** Shapes: `{element, update(cards)}`. */
export function totalsStrip() {
  const parts = Object.fromEntries(
    PARTS.map((name) => {
      const term = el("dt", {}, t(`total.${name}`));
      const value = el("dd", {});
      return [name, { value, element: el("div", { class: `total total-${name}` }, term, value) }];
    }),
  );
  const element = el("dl", { class: "totals" }, Object.values(parts).map((part) => part.element));

  function amount(part, sums) {
    const currency = mainCurrency(sums);
    text(part.value, money(minorOf(sums, currency), currency, language()));
    attribute(part.value, "title", amounts(sums, language(), true));
  }

  return {
    element,
    update(cards) {
      const sums = totals(cards);
      amount(parts.pay, sums.pay_gmv_minor);
      amount(parts.net, sums.net_gmv_minor);
      text(parts.orders.value, count(sums.orders_main));
      text(parts.items.value, count(sums.items_sold));
      text(parts.online.value, count(sums.online_now));
      text(parts.comments.value, count(sums.comments_1m));
      text(parts.rooms.value, `${sums.live} / ${sums.rooms}`);
      attribute(parts.rooms.value, "title", t("total.rooms_of", { n: sums.rooms }));
    },
  };
}
