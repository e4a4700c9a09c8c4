/** The curves of one broadcast: sales, online, comments, on one axis of time. */

import { axisMoney, clock, count, minorOf, money } from "../core/format.js";
import { el, replace, text } from "../edge/dom.js";
import { language, t } from "../words/language.js";
import { title } from "./alert_card.js";
import { curve, minuteTable } from "./curve.js";

const paid = (minute) => Number(minorOf(minute.pay_gmv_minor));
const net = (minute) => Number(minorOf(minute.net_gmv_minor));
const axis = (minor) => axisMoney(BigInt(Math.round(minor)), "CNY", language());
const yuan = (minor) => money(BigInt(Math.round(minor)), "CNY", language());

/** Shapes: `{element, update(minutes, alerts, titles, nowMs), destroy()}`; `titles` by product id. */
export function hostCurves() {
  const readout = el("p", { class: "readout", "aria-live": "polite" });
  const pins = el("ul", { class: "pins", "aria-label": t("host.pins") });
  const table = el("div", { class: "table-scroll" });
  const asTable = el("details", { class: "raw", on: { toggle: fillTable } }, el("summary", {}, t("host.curve_table")), table);
  const none = el("p", { class: "empty" }, t("host.curve_none"));
  const common = { choose };
  const drawings = [
    curve({ ...common, name: t("host.sales"), format: axis, height: 220, series: [{ id: "sales", kind: "bar", value: paid }, { id: "net", kind: "bar", value: net }] }),
    curve({ ...common, name: t("host.online"), format: count, series: [{ id: "online", kind: "line", value: (minute) => minute.online ?? null }] }),
    curve({ ...common, name: t("host.comments"), format: count, series: [{ id: "comments", kind: "bar", value: (minute) => minute.comments ?? 0 }, { id: "asked", kind: "bar", value: (minute) => minute.asked ?? 0 }] }),
  ];
  const legend = el(
    "p",
    { class: "legend" },
    [["sales", "host.sales"], ["net", "host.net"], ["asked", "host.asked"], ["pin", "host.pins"], ["band", "alerts.region"]].map(([id, words]) =>
      el("span", { class: `key key-${id}` }, t(words)),
    ),
  );
  const element = el(
    "section",
    { class: "panel curves" },
    el("header", {}, el("h2", {}, t("host.curves")), legend),
    readout,
    none,
    drawings.map((drawing) => drawing.element),
    pins,
    asTable,
  );
  let minutes = [];

  function choose(index) {
    for (const drawing of drawings) drawing.point(index);
    text(readout, index === null || !minutes[index] ? t("host.curve_hint") : read(minutes[index]));
  }

  function fillTable() {
    if (!asTable.open) return replace(table);
    const columns = [
      { name: t("host.sales"), cell: (minute) => yuan(paid(minute)) },
      { name: t("host.net"), cell: (minute) => yuan(net(minute)) },
      { name: t("column.orders"), cell: (minute) => count(minute.orders ?? 0) },
      { name: t("column.items"), cell: (minute) => count(minute.items ?? 0) },
      { name: t("host.online"), cell: (minute) => count(minute.online) },
      { name: t("host.comments"), cell: (minute) => count(minute.comments ?? 0) },
      { name: t("host.asked"), cell: (minute) => count(minute.asked ?? 0) },
      { name: t("host.pins"), cell: (minute) => minute.pins.join(", ") },
    ];
    return replace(table, minuteTable(t("host.minute"), columns, [...minutes].reverse()));
  }

  function update(next, alerts, titles, nowMs) {
    minutes = next.map((minute) => ({ ...minute, pins: (minute.pins ?? []).map((id) => titles.get(id) ?? id) }));
    const shown = minutes.flatMap((minute) => minute.pins.map((name) => ({ at_ms: minute.minute_ms, name })));
    const wrong = alerts.map((alert) => ({
      from_ms: alert.opened_ms,
      to_ms: alert.phase === "resolved" ? alert.at_ms : nowMs,
      severity: alert.severity,
      name: `${title(alert)} ${clock(alert.opened_ms, false)}`,
    }));
    for (const drawing of drawings) {
      const name = drawing.element.querySelector("figcaption").textContent;
      drawing.update(minutes, { pins: shown, alerts: wrong }, minutes.length ? `${name}: ${read(minutes.at(-1))}` : name);
      drawing.element.hidden = !minutes.length;
    }
    none.hidden = minutes.length > 0;
    readout.hidden = legend.hidden = asTable.hidden = !minutes.length;
    if (!readout.textContent) text(readout, t("host.curve_hint"));
    replace(pins, shown.slice(-8).map((pin) => el("li", {}, el("time", {}, clock(pin.at_ms, false)), ` ${pin.name}`)));
    pins.hidden = !shown.length;
    fillTable();
  }

  return { element, update, destroy: () => drawings.forEach((drawing) => drawing.destroy()) };
}

function read(minute) {
  const asked = minute.asked ? ` (${t("host.asked")} ${count(minute.asked)})` : "";
  return [
    clock(minute.minute_ms, false),
    `${t("host.sales")} ${yuan(paid(minute))}`,
    `${t("column.orders")} ${count(minute.orders ?? 0)}`,
    `${t("host.online")} ${count(minute.online)}`,
    `${t("host.comments")} ${count(minute.comments ?? 0)}${asked}`,
  ].join("  ·  ");
}
