/** One alert: what, where, since when, what to do, on what evidence, and the verdict. */

import { isOpen, isQuiet, isSnoozed } from "../core/alerting.js";
import { clock, elapsed } from "../core/format.js";
import { attribute, el, replace, text, toggle } from "../edge/dom.js";
import { kindName, language, named, t } from "../words/language.js";
import { evidence } from "./evidence.js";
import { verdicts } from "./verdicts.js";

let count = 0;

/** Shapes: `{element, update(alert, nowMs), tick(nowMs)}`; `judge` as in `verdicts`. */
export function alertCard(judge, { linked = true } = {}) {
  const id = `alert-${(count += 1)}`;
  const severity = el("span", { class: "severity" });
  const kind = el("h3", { id: `${id}-kind` });
  const age = el("span", { class: "alert-age" });
  const where = el("p", { class: "alert-where" });
  const advice = el("p", { class: "alert-advice" });
  const notes = el("p", { class: "alert-notes" });
  const body = el("div", { class: "evidence", id: `${id}-evidence`, hidden: true });
  const words = el("span", {});
  const opener = el(
    "button",
    { type: "button", class: "evidence-opener", "aria-expanded": "false", "aria-controls": body.id, on: { click: open } },
    words,
  );
  const choice = verdicts(judge);
  const actions = el("div", { class: "alert-actions" }, opener, choice.element);
  const element = el(
    "article",
    { class: "alert", "aria-labelledby": kind.id },
    el("header", {}, severity, kind, age),
    where,
    advice,
    notes,
    actions,
    choice.status,
    body,
  );
  let alert = null;

  function open() {
    const opened = body.hidden;
    body.hidden = !opened;
    attribute(opener, "aria-expanded", String(opened));
    toggle(element, "opened", opened);
    fill();
  }

  function fill() {
    if (!body.hidden) replace(body, evidence(alert));
  }

  function update(next, nowMs) {
    alert = next;
    element.className = `alert severity-${alert.severity}${body.hidden ? "" : " opened"}`;
    element.dataset.alertId = alert.alert_id;
    text(severity, t(`severity.${alert.severity}`));
    text(kind, title(alert));
    replace(where, place(alert, linked));
    text(advice, alert.advice?.[language()] ?? "");
    text(words, t("evidence.show"));
    attribute(opener, "aria-label", `${t("evidence.show")}: ${title(alert)}`);
    choice.update(alert);
    choice.element.hidden = !judge || !isOpen(alert);
    fill();
    tick(nowMs);
  }

  function tick(nowMs) {
    const since = isOpen(alert)
      ? t("alert.open_for", { age: elapsed(nowMs - alert.opened_ms) })
      : t("alert.over", { time: clock(alert.at_ms) });
    text(age, since);
    attribute(age, "title", clock(alert.opened_ms));
    const told = remarks(alert, nowMs).join(" · ");
    text(notes, told);
    notes.hidden = !told;
    toggle(element, "quiet", isQuiet(alert, nowMs) || !isOpen(alert));
  }

  return { element, update, tick };
}

/** What an alert is called, with the kind of its kind: "Stock-out, suspected". */
export function title(alert) {
  const state = alert.state ? ` · ${named("state", alert.state)}` : "";
  return kindName(alert.kind) + state;
}

function place(alert, linked) {
  const name = alert.host_name || alert.host_id;
  const host = linked ? el("a", { href: `#/host/${encodeURIComponent(alert.host_id)}` }, name) : el("span", {}, name);
  const link = alert.link_no === null || alert.link_no === undefined ? "" : `${t("alert.link", { n: alert.link_no })} `;
  const what = alert.product_title || alert.product_id || (alert.subject ?? "").replace(/^[a-z]:/, "");
  return [host, what || link ? el("span", { class: "alert-subject" }, link + (what ?? "")) : null];
}

function remarks(alert, nowMs) {
  return [
    isOpen(alert) && alert.phase === "resolving" ? t("alert.resolving") : "",
    isOpen(alert) ? "" : `${t("alert.resolved")}: ${named("why", alert.why)}`,
    alert.verdict ? t(`verdict.${alert.verdict}`) : "",
    isSnoozed(alert, nowMs) ? t("alert.snoozed", { time: clock(alert.snoozed_until_ms, false) }) : "",
    alert.inhibited_by ? t("alert.inhibited", { kind: kindName(alert.inhibited_by) }) : "",
    alert.digest ? t("alert.digest", { n: alert.flips ?? 0 }) : "",
    (alert.episode ?? 1) > 1 ? t("alert.episode", { n: alert.episode }) : "",
  ].filter(Boolean);
}
