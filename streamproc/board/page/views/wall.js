/** The wall: totals, the ranking, the districts, and what has to be done. */

import { api } from "../edge/api.js";
import { el } from "../edge/dom.js";
import { alertList } from "../parts/alert_list.js";
import { rollupStrip } from "../parts/rollup_strip.js";
import { totalsStrip } from "../parts/totals.js";
import { t } from "../words/language.js";
import { rankingView } from "./ranking.js";

const ROLLUPS_EVERY_MS = 5_000;

/** Shapes: a view is `{element, title, hosts, update(store, nowMs), tick(nowMs, troubles), destroy()}`. */
export function wallView({ judge }) {
  const totals = totalsStrip();
  const ranking = rankingView();
  const districts = rollupStrip();
  const alerts = alertList(judge);
  const element = el(
    "div",
    { class: "wall" },
    el("h1", { class: "unseen" }, t("app.title")),
    totals.element,
    el("div", { class: "wall-main" }, ranking.element, districts.element),
    alerts.element,
  );

  async function rollUp() {
    try {
      const answer = await api.rollups("district");
      districts.update(answer.items);
    } catch {
      // the banner says that the connection is lost; the last sums stay
    }
  }

  rollUp();
  const timer = setInterval(rollUp, ROLLUPS_EVERY_MS);
  return {
    element,
    title: t("nav.wall"),
    hosts: "*",
    update(store, nowMs) {
      const cards = [...store.cards.values()];
      totals.update(cards);
      ranking.update(cards, nowMs);
      alerts.update(store.alerts.values(), nowMs);
    },
    tick(nowMs, troubles) {
      ranking.tick(nowMs, troubles);
      alerts.tick(nowMs);
    },
    destroy() {
      clearInterval(timer);
      ranking.destroy();
    },
  };
}
