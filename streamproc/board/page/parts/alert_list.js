/** The open alerts, the urgent first; what nobody needs to act on stands folded below. */

import { byUrgency, counted, isQuiet, SEVERITIES } from "../core/alerting.js";
import { arrange, attribute, el, text } from "../edge/dom.js";
import { t } from "../words/language.js";
import { alertCard } from "./alert_card.js";

/** Shapes: `{element, update(alerts, nowMs), tick(nowMs)}`. */
export function alertList(judge) {
  const heading = el("h2", { id: "alerts-title" });
  const badges = el("span", { class: "badges" });
  const urgent = el("div", { class: "alert-list" });
  const none = el("p", { class: "all-well" });
  const quietName = el("summary", {});
  const quiet = el("div", { class: "alert-list" });
  const folded = el("details", { class: "alerts-quiet" }, quietName, quiet);
  const body = el("div", { class: "alerts-body", tabindex: "0" }, none, urgent, folded);
  const element = el("section", { class: "panel alerts", "aria-labelledby": heading.id }, el("header", {}, heading, badges), body);
  attribute(body, "role", "region");
  attribute(body, "aria-labelledby", heading.id);
  const cards = new Map();
  const pills = Object.fromEntries(SEVERITIES.map((name) => [name, el("span", { class: `badge severity-${name}` })]));
  arrange(badges, Object.values(pills));

  function card(alert) {
    if (!cards.has(alert.alert_id)) cards.set(alert.alert_id, { part: alertCard(judge), alert: null });
    return cards.get(alert.alert_id);
  }

  function update(alerts, nowMs) {
    const open = byUrgency(alerts, nowMs);
    const known = new Set(open.map((alert) => alert.alert_id));
    for (const id of cards.keys()) if (!known.has(id)) cards.delete(id);
    for (const alert of open) {
      const held = card(alert);
      if (held.alert !== alert) held.part.update(alert, nowMs);
      held.alert = alert;
    }
    const elements = (which) => open.filter(which).map((alert) => card(alert).part.element);
    arrange(urgent, elements((alert) => !isQuiet(alert, nowMs)));
    arrange(quiet, elements((alert) => isQuiet(alert, nowMs)));
    text(heading, t("alerts.title"));
    text(none, t("alerts.none"));
    text(quietName, t("alerts.quiet", { n: quiet.children.length }));
    none.hidden = urgent.children.length > 0;
    folded.hidden = !quiet.children.length;
    const counts = counted(open, nowMs);
    for (const name of SEVERITIES) {
      text(pills[name], `${t(`severity.${name}`)} ${counts[name]}`);
      pills[name].hidden = !counts[name];
    }
    tick(nowMs);
  }

  function tick(nowMs) {
    for (const { part, alert } of cards.values()) if (alert) part.tick(nowMs);
  }

  return { element, update, tick };
}
