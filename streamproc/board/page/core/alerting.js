/** Which alerts are open, which come first, and which one somebody must hear of. Pure. */

export const SEVERITIES = ["page", "ticket", "info"];
/** Verdicts after which there is nothing to do. */
const TAKEN = new Set(["acknowledged", "bait", "wrong_product"]);

export function isOpen(alert) {
  return alert.phase !== "resolved";
}

export function isSnoozed(alert, nowMs) {
  return (alert.snoozed_until_ms ?? 0) > nowMs;
}

/** Whether somebody took it on, put it off or called it wrong; or it follows from another one. */
export function isQuiet(alert, nowMs) {
  return TAKEN.has(alert.verdict) || isSnoozed(alert, nowMs) || Boolean(alert.inhibited_by);
}

/** The open ones in order of urgency: what nobody took on first, then the severe, then the new. */
export function byUrgency(alerts, nowMs) {
  const order = (alert) => [
    isQuiet(alert, nowMs) ? 1 : 0,
    SEVERITIES.indexOf(alert.severity),
    alert.phase === "firing" ? 0 : 1,
    -alert.opened_ms,
  ];
  return [...alerts]
    .filter(isOpen)
    .map((alert) => ({ alert, key: order(alert) }))
    .sort((a, b) => compared(a.key, b.key) || (a.alert.alert_id < b.alert.alert_id ? -1 : 1))
    .map(({ alert }) => alert);
}

function compared(a, b) {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place < 0 ? 0 : a[place] - b[place];
}

/** How many are open by severity, without those that are quiet. */
export function counted(alerts, nowMs) {
  const counts = { page: 0, ticket: 0, info: 0 };
  for (const alert of alerts) {
    if (isOpen(alert) && !isQuiet(alert, nowMs)) counts[alert.severity] = (counts[alert.severity] ?? 0) + 1;
  }
  return counts;
}

/** Remembers what was announced, so that a page is heard once for each time it gets to be one. */
export class Announcer {
  #said = new Set();
  #begun = false;

  /**
   * The pages that are new since the last call.
   *
   * Shapes: the first call announces nothing: what is open when somebody opens the page is seen, not heard.
   *     An alert that is not among `alerts` is out of sight, not over.
   */
  fresh(alerts, nowMs) {
    const fresh = [];
    for (const alert of alerts) {
      const pages = alert.severity === "page" && alert.phase === "firing" && !isQuiet(alert, nowMs);
      if (!pages) this.#said.delete(alert.alert_id);
      else if (!this.#said.has(alert.alert_id)) fresh.push(alert);
    }
    for (const alert of fresh) this.#said.add(alert.alert_id);
    if (this.#begun) return fresh;
    this.#begun = true;
    return [];
  }
}
