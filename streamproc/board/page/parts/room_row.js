/** One room in the ranking. */

import { amounts, change, count, elapsed, mainCurrency, minorOf, money } from "../core/format.js";
import { attribute, el, replace, text, toggle } from "../edge/dom.js";
import { figureName, language, named, t } from "../words/language.js";
import { spark } from "./spark.js";

const QUIET_MS = 60_000;

function numberCell(name, curve = null) {
  const value = el("span", { class: "value" });
  const extra = el("span", { class: "extra" });
  const numbers = el("span", { class: "numbers" }, value, extra);
  const inside = curve ? el("div", { class: "with-curve" }, curve.element, numbers) : numbers;
  const cell = el("td", { class: `cell cell-${name}`, role: "cell", "data-label": t(`column.${name}`) }, inside);
  return { cell, value, extra };
}

/** Why the numbers of a room are not of now: that is not the room's doing. */
function troubleRemarks(card, trouble, nowMs) {
  if (trouble?.silent) return [t("row.stands", { age: elapsed(nowMs - card.as_of_ms) })];
  const behind = trouble && trouble.behindMs !== null ? [t("row.behind", { age: elapsed(trouble.behindMs) })] : [];
  const paused = (trouble?.paused ?? []).map(({ source, ageMs }) => {
    const what = named("source", source);
    return ageMs === null ? t("row.paused", { what }) : t("row.paused_for", { what, age: elapsed(ageMs) });
  });
  return [...behind, ...paused];
}

/** Shapes: `{element, update(row, moved, leaderMinor, nowMs, troubles), tick(nowMs, troubles)}`; `row` as `ranked` gives it. */
export function roomRow() {
  const rank = el("span", { class: "rank-number" });
  const move = el("span", { class: "rank-move" });
  const name = el("a", { class: "room-name" });
  const place = el("span", { class: "room-place" });
  const notes = el("span", { class: "room-notes" });
  const status = el("span", { class: "room-status" });
  const curves = { gmv: spark("gmv"), online: spark("online"), comments: spark("comments") };
  const cells = {
    pay: numberCell("pay", curves.gmv),
    net: numberCell("net"),
    recent: numberCell("recent"),
    orders: numberCell("orders"),
    items: numberCell("items"),
    online: numberCell("online", curves.online),
    comments: numberCell("comments", curves.comments),
  };
  const alerts = el("td", { class: "cell cell-alerts", role: "cell" });
  const host = el("th", { scope: "row", role: "rowheader", class: "cell cell-host" }, el("span", { class: "room-line" }, status, name), el("span", { class: "room-second" }, place, notes));
  const element = el(
    "tr",
    { class: "room", role: "row" }, // a phone lays rows out as blocks, which would take their roles away
    el("td", { class: "cell cell-rank", role: "cell" }, rank, move),
    host,
    Object.values(cells).map((each) => each.cell),
    alerts,
  );
  let card = null;

  function moneyInto(cell, id, amount) {
    const currency = mainCurrency(amount);
    text(cell.value, money(minorOf(amount, currency), currency, language()));
    attribute(cell.cell, "title", t("row.exact", { name: figureName(id), value: amounts(amount ?? {}, language(), true) }));
  }

  function update(row, moved, leader, nowMs, troubles) {
    card = row.card;
    text(rank, row.rank === null ? "–" : String(row.rank));
    element.dataset.rank = row.rank ?? "";
    element.dataset.hostId = card.host_id;
    text(move, moved ? `${moved > 0 ? "▲" : "▼"}${Math.abs(moved)}` : "");
    attribute(move, "title", moved ? t(moved > 0 ? "rank.up" : "rank.down", { n: Math.abs(moved) }) : null);
    toggle(move, "up", moved > 0);
    text(name, card.host_name || card.host_id);
    attribute(name, "href", `#/host/${encodeURIComponent(card.host_id)}`);
    attribute(name, "title", card.host_name || card.host_id);
    text(place, [card.village, card.town].filter(Boolean).join(" · "));
    element.dataset.status = card.status;
    attribute(status, "title", named("status", card.status));
    text(status, named("status", card.status));
    numbers(leader);
    badges();
    tick(nowMs, troubles);
  }

  function numbers(leader) {
    moneyInto(cells.pay, "pay_gmv_minor", card.pay_gmv_minor);
    moneyInto(cells.net, "net_gmv_minor", card.net_gmv_minor);
    recent();
    text(cells.orders.value, count(card.orders_main));
    text(cells.items.value, count(card.items_sold));
    text(cells.online.value, count(card.online_now));
    attribute(cells.online.cell, "title", t("row.peak", { n: count(card.online_peak) }));
    text(cells.comments.value, count(card.comments_1m));
    curves.gmv.update(card.spark_gmv);
    curves.online.update(card.spark_online);
    curves.comments.update(card.spark_comments);
    const share = leader > 0n ? Number((minorOf(card.pay_gmv_minor) * 1000n) / leader) / 10 : 0;
    cells.pay.cell.style.setProperty("--share", `${Math.max(0, Math.min(100, share))}%`);
  }

  function recent() {
    const amount = card.pay_gmv_10m_minor;
    const money10 = typeof amount === "object" ? amount : { CNY: amount };
    moneyInto(cells.recent, "pay_gmv_10m_minor", money10);
    const trend = change(minorOf(amount), minorOf(card.previous_10m_pay_gmv_minor));
    const signs = { 1: "▲", 0: "", "-1": "▼" };
    text(cells.recent.extra, trend?.sign ? `${signs[trend.sign]}${trend.text}` : "");
    attribute(cells.recent.extra, "title", trend ? t("row.change", { change: `${signs[trend.sign]}${trend.text}` }) : null);
    toggle(cells.recent.extra, "up", trend?.sign > 0);
    toggle(cells.recent.extra, "down", trend?.sign < 0);
  }

  function badges() {
    const shown = ["page", "ticket", "info"].filter((severity) => card.alerts?.[severity] > 0);
    const told = JSON.stringify(shown.map((severity) => [severity, card.alerts[severity], language()]));
    if (alerts.dataset.told === told) return;
    alerts.dataset.told = told;
    replace(
      alerts,
      shown.map((severity) => {
        const words = `${t(`severity.${severity}`)} ${card.alerts[severity]}`;
        return el("span", { class: `badge severity-${severity}`, title: words }, el("span", { class: "badge-name" }, t(`severity.${severity}`)), ` ${card.alerts[severity]}`);
      }),
    );
    for (const severity of ["page", "ticket"]) toggle(element, `has-${severity}`, shown[0] === severity);
  }

  function tick(nowMs, troubles) {
    const heard = nowMs - (card.heard_ms ?? nowMs);
    const wrong = troubleRemarks(card, troubles.get(card.partition), nowMs);
    const remarks = [
      ...wrong,
      card.status === "live" && heard > QUIET_MS && !wrong.length ? t("row.quiet", { age: elapsed(heard) }) : "",
      ...(card.missing_sources ?? []).map((source) => t("row.missing", { what: named("source", source) })),
      card.late ? t("row.late", { n: count(card.late) }) : "",
      card.rejected ? t("row.rejected", { n: count(card.rejected) }) : "",
      card.on_show?.title ? `${t("host.on_show")}: ${card.on_show.title}` : "",
    ].filter(Boolean);
    text(notes, remarks.join(" · "));
    attribute(notes, "title", remarks.join(" · ") || null);
    toggle(element, "not-of-now", wrong.length > 0);
    attribute(element, "title", wrong.join(" · ") || null); // notes have no room where rows are low
  }

  return { element, update, tick };
}
