/** One room: what it sells, its curves, all its figures, its alerts, and how complete all that is. */

import { isOpen } from "../core/alerting.js";
import { amounts, clock, count, elapsed } from "../core/format.js";
import { isNewer } from "../core/store.js";
import { api } from "../edge/api.js";
import { nowMs } from "../edge/clock.js";
import { arrange, attribute, el, replace, text, toggle } from "../edge/dom.js";
import { alertCard } from "../parts/alert_card.js";
import { completenessPanel } from "../parts/completeness.js";
import { defined, hideTip } from "../parts/definition_tip.js";
import { figureTable, figureValue } from "../parts/figure_table.js";
import { hostCurves } from "../parts/host_curves.js";
import { figureName, language, named, t } from "../words/language.js";

const RETRY_MS = 3_000;
const HEADLINES = ["pay_gmv_minor", "net_gmv_minor", "orders_main", "items_sold", "buyers", "online_now", "comments", "refund_rate"];

export function hostView({ hostId, judge }) {
  const name = el("h1", {});
  const facts = el("p", { class: "host-facts" });
  const onShow = el("p", { class: "host-on-show" });
  const sessions = el("select", { "aria-label": t("host.session"), on: { change: chooseSession } });
  const headlines = HEADLINES.map((id) => ({ id, value: el("dd", {}), term: el("dt", {}, defined(id, figureName(id))) }));
  const curves = hostCurves();
  const figures = figureTable();
  const complete = completenessPanel();
  const alertsBody = el("div", { class: "alert-list" });
  const noAlerts = el("p", { class: "all-well" }, t("host.alerts_none"));
  const missing = el("p", { class: "empty", role: "status" });
  const content = el(
    "div",
    { class: "host-grid" },
    el("div", { class: "host-main" }, curves.element, panel("figures-panel", "host.figures", scroller(figures.element))),
    el("div", { class: "host-side" }, panel("alerts host-alerts", "host.alerts", noAlerts, alertsBody), complete.element),
  );
  const headline = el("dl", { class: "totals host-totals" }, headlines.map((each) => el("div", { class: `total total-${each.id}` }, each.term, each.value)));
  const element = el(
    "div",
    { class: "page host-page" },
    el(
      "div",
      { class: "host-head" },
      el("a", { class: "back", href: "#/" }, `‹ ${t("host.back")}`),
      el("div", { class: "host-title" }, name, facts, onShow),
      sessions,
      el("a", { class: "button", href: `#/teleprompter/${encodeURIComponent(hostId)}` }, t("host.prompter")),
    ),
    missing,
    headline,
    content,
  );
  const cards = new Map();
  const alerts = new Map();
  let tally = null;
  let chosen = null;
  let loaded = { of: null, minutes: [] };
  let told = new Map();
  let drawn = "";
  const products = new Map();

  function session() {
    return tally?.sessions.find((each) => each.session_id === chosen) ?? tally?.sessions[0] ?? null;
  }

  function chooseSession() {
    chosen = sessions.value;
    loadCurve();
    show(nowMs());
  }

  async function load() {
    try {
      const answer = await api.host(hostId);
      take(answer.tally);
      for (const alert of answer.alerts ?? []) takeAlert(alert);
      show(nowMs());
      await loadCurve();
    } catch (error) {
      if (!tally) text(missing, error.status === 404 ? t("host.missing") : `${t("error.title")}: ${named("error", error.message)}`);
    }
  }

  async function loadCurve() {
    const of = session()?.session_id;
    if (!of) return;
    try {
      const answer = await api.curve(hostId, of);
      if (of !== session()?.session_id) return;
      loaded = { of, minutes: answer.minutes };
      draw();
    } catch {
      // what the stream told is drawn; the next round asks for the rest
    }
  }

  /** The curve as it was asked for, under what the stream told since. */
  function draw() {
    const of = session().session_id;
    const minutes = new Map((loaded.of === of ? loaded.minutes : []).map((minute) => [minute.minute_ms, minute]));
    for (const [at, minute] of told.get(of) ?? []) minutes.set(at, minute);
    const sorted = [...minutes.values()].sort((a, b) => a.minute_ms - b.minute_ms);
    const marked = ofSession();
    const now = JSON.stringify([of, sorted, marked.map((alert) => [alert.alert_id, alert.seq]), [...titles()]]);
    if (now === drawn) return;
    drawn = now;
    curves.update(sorted, marked, titles(), tally.as_of_ms);
  }

  /** What products are called, as far as it was told. */
  function titles() {
    const shown = tally.sessions.map((each) => each.on_show).filter(Boolean);
    const named = [...shown, ...[...alerts.values()].map((alert) => ({ product_id: alert.product_id, title: alert.product_title }))];
    for (const { product_id, title } of named) if (product_id && title) products.set(product_id, title);
    return products;
  }

  function take(next) {
    if (next && isNewer(next, tally)) tally = next;
  }

  function takeAlert(alert) {
    if ((alerts.get(alert.alert_id)?.seq ?? 0) <= alert.seq) alerts.set(alert.alert_id, alert);
  }

  function ofSession() {
    const of = session()?.session_id;
    return [...alerts.values()].filter((alert) => alert.session_id === of).sort((a, b) => isOpen(b) - isOpen(a) || b.opened_ms - a.opened_ms);
  }

  function show(now) {
    const current = session();
    for (const part of [headline, content]) part.hidden = !current;
    sessions.hidden = (tally?.sessions.length ?? 0) < 2;
    text(name, tally?.host_name || hostId);
    if (!current) return;
    text(missing, "");
    missing.hidden = true;
    options();
    for (const { id, value } of headlines) {
      text(value, figureValue(id, current.figures[id]));
      if (id.endsWith("_minor")) attribute(value, "title", amounts(current.figures[id], language(), true));
    }
    figures.update(current);
    complete.update(tally, current);
    showAlerts(now);
    draw();
    tick(now);
  }

  function options() {
    const names = tally.sessions.map((each) => [each.session_id, t("host.session_name", { time: clock(each.started_ms ?? each.heard_ms, false), status: named("status", each.status) })]);
    if (sessions.dataset.told === JSON.stringify(names)) return;
    sessions.dataset.told = JSON.stringify(names);
    replace(sessions, names.map(([value, words]) => el("option", { value }, words)));
    sessions.value = session().session_id;
  }

  function showAlerts(now) {
    const shown = ofSession();
    for (const alert of shown) {
      const held = cards.get(alert.alert_id) ?? { part: alertCard(judge, { linked: false }), alert: null };
      cards.set(alert.alert_id, held);
      if (held.alert !== alert) held.part.update(alert, now);
      held.alert = alert;
    }
    arrange(alertsBody, shown.map((alert) => cards.get(alert.alert_id).part.element));
    noAlerts.hidden = shown.length > 0;
  }

  function tick(now) {
    const current = session();
    if (!current) return;
    const where = [tally.village, tally.town, tally.district].filter(Boolean).join(" · ");
    const begun = current.started_ms ? t("host.started", { time: clock(current.started_ms, false) }) : "";
    const heard = t("host.heard", { age: elapsed(now - current.heard_ms) });
    text(facts, [named("status", current.status), where, begun, heard].filter(Boolean).join("  ·  "));
    toggle(element, "on-air", current.status === "live");
    const shown = current.on_show;
    onShow.hidden = !shown;
    if (shown) text(onShow, showing(shown));
    for (const { part, alert } of cards.values()) if (alert) part.tick(now);
  }

  load();
  const timer = setInterval(() => (loaded.of === (session()?.session_id ?? "") || load()), RETRY_MS);
  return {
    element,
    get title() {
      return tally?.host_name || hostId;
    },
    hosts: hostId,
    update(store, now) {
      told = store.curves;
      take(store.tallies.get(hostId));
      for (const alert of store.alerts.values()) if (alert.host_id === hostId) takeAlert(alert);
      show(now);
    },
    tick,
    destroy() {
      clearInterval(timer);
      curves.destroy();
      hideTip();
    },
  };
}

function panel(name, words, ...children) {
  return el("section", { class: `panel ${name}` }, el("header", {}, el("h2", {}, t(words))), children);
}

function scroller(table) {
  return el("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": t("host.figures") }, table);
}

function showing(shown) {
  const link = shown.link_no === null || shown.link_no === undefined ? "" : `${t("alert.link", { n: shown.link_no })} `;
  const left = shown.available === null || shown.available === undefined ? "" : t("host.left", { n: count(shown.available) });
  const since = t("host.since", { time: clock(shown.since_ms, false) });
  return [`${t("host.on_show")} ${link}${shown.title || shown.product_id}`, left, since].filter(Boolean).join("  ·  ");
}
