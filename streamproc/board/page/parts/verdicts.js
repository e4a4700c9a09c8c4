/** The buttons below an alert: what a person says of it. */

import { el, replace, text, toggle, attribute } from "../edge/dom.js";
import { kindName, named, t } from "../words/language.js";

const SNOOZE_MINUTES = 10;
const CHOICES = [
  { id: "acknowledged", body: { verdict: "acknowledged" } },
  { id: "real", body: { verdict: "real" } },
  { id: "bait", body: { verdict: "bait" } },
  { id: "wrong_product", body: { verdict: "wrong_product" } },
  { id: "snoozed", body: { verdict: "snoozed", snooze_minutes: SNOOZE_MINUTES } },
];

/** Shapes: `judge(alert, body)` sends it, null: this reader may not; `{element, status, update(alert)}`. */
export function verdicts(judge) {
  const status = el("p", { class: "verdict-status", role: "status" });
  const group = el("div", { class: "verdicts", role: "group" });
  let current = null;
  let sending = false;

  const buttons = CHOICES.map((choice) => ({
    choice,
    element: el("button", { type: "button", class: "verdict", on: { click: () => send(choice) } }),
  }));
  replace(group, buttons.map((button) => button.element));

  async function send(choice) {
    if (sending) return;
    sending = true;
    text(status, t("verdict.sending"));
    refresh();
    try {
      await judge(current, choice.body);
      text(status, t("verdict.sent", { verdict: t(`verdict.${choice.id}`) }));
    } catch (error) {
      const why = error.status === 403 ? t("verdict.forbidden") : named("error", error.message);
      text(status, t("verdict.failed", { why }));
    }
    sending = false;
    refresh();
  }

  function refresh() {
    for (const { choice, element } of buttons) {
      const words = choice.id === "snoozed" ? t("verdict.snooze", { n: SNOOZE_MINUTES }) : t(`verdict.${choice.id}`);
      text(element, words);
      attribute(element, "aria-pressed", String(current.verdict === choice.id));
      attribute(element, "aria-disabled", sending ? "true" : null);
      toggle(element, "chosen", current.verdict === choice.id);
    }
  }

  return {
    element: group,
    status,
    update(alert) {
      current = alert;
      attribute(group, "aria-label", t("verdict.group", { kind: kindName(alert.kind) }));
      refresh();
    },
  };
}
