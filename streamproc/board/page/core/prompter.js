/**
 * The next thing a host should say: one short line at a time. Pure.
 *
 * A line lives for 60 s after its alert told it, and no two begin within 15 s, so that nobody reads
 * tables while selling. Source: docs/board.md.
 */

import { isOpen, isQuiet, SEVERITIES } from "./alerting.js";
import { clipped } from "./format.js";

export const TTL_MS = 60_000;
export const GAP_MS = 15_000;
export const LONGEST = 20;
/** Steps of an alert that say something new; the others only note what became of it. */
const SPOKEN = new Set(["entered", "changed", "renotified", "released", "digest", "returned"]);
/** What is nearly over is not begun. */
const LEAST_LEFT_MS = 5_000;

/** The alerts of a room that ask the host to say something, the urgent first. */
export function standing(alerts, nowMs) {
  return [...alerts]
    .filter((alert) => isOpen(alert) && !isQuiet(alert, nowMs) && alert.advice?.teleprompter)
    .sort((a, b) => rank(a) - rank(b) || b.at_ms - a.at_ms);
}

function rank(alert) {
  return SEVERITIES.indexOf(alert.severity);
}

/** Chooses the line of one room. */
export class Prompter {
  #line = null;
  #begun_ms = -Infinity;
  #said = new Set();

  /** The line now. Shapes: `{alert, text, begun_ms, until_ms}`, or null: nothing to say. */
  line(alerts, nowMs) {
    const waiting = standing(alerts, nowMs);
    const current = this.#line && waiting.find((alert) => alert.alert_id === this.#line.alert.alert_id);
    if (!current || nowMs >= this.#line.until_ms) this.#line = null;
    const next = waiting.find((alert) => this.#isNew(alert, nowMs));
    if (next && nowMs - this.#begun_ms >= GAP_MS && (!this.#line || rank(next) <= rank(this.#line.alert))) {
      this.#begin(next, nowMs);
    }
    return this.#line;
  }

  #isNew(alert, nowMs) {
    const fresh = SPOKEN.has(alert.why) && nowMs < alert.at_ms + TTL_MS - LEAST_LEFT_MS;
    return fresh && !this.#said.has(`${alert.alert_id}:${alert.seq}`);
  }

  #begin(alert, nowMs) {
    this.#said.add(`${alert.alert_id}:${alert.seq}`);
    this.#begun_ms = nowMs;
    const text = clipped(alert.advice.teleprompter, LONGEST);
    this.#line = { alert, text, begun_ms: nowMs, until_ms: alert.at_ms + TTL_MS };
  }
}
