/**
 * What is known of all rooms and alerts, from events in any order. Pure: no DOM, no network, no clock.
 *
 * Whatever comes is absolute and carries a version; the newest wins, so a copy or a latecomer does no harm.
 */

/** Whether one tally or card is newer than another: by version, then by time. */
export function isNewer(one, other) {
  if (!other) return true;
  if (one.version !== other.version) return one.version > other.version;
  return one.as_of_ms >= other.as_of_ms;
}

/** All rooms and alerts. */
export class Store {
  /** host_id -> card */
  cards = new Map();
  /** host_id -> tally, of the hosts that are watched by name */
  tallies = new Map();
  /** session_id -> minute_ms -> minute, as told of the hosts that are watched by name */
  curves = new Map();
  /** alert_id -> its newest transition */
  alerts = new Map();
  /** Whether everything is being told again and not all of it is here yet. */
  settling = false;
  epoch = null;
  #stale = null;

  /** Take one event of the stream. Shapes: the answer says whether anything changed. */
  take(name, data) {
    if (name === "hello") return this.#hello(data);
    if (name === "cards") return this.#cards(data);
    if (name === "tally") return this.#tally(data);
    if (name === "curve") return this.#curve(data);
    if (name === "alert") return this.#alert(data);
    if (name === "gone") return this.#gone(data);
    return false;
  }

  /** All that was told since the last reset is here. What was known only before it is forgotten. */
  settle() {
    if (!this.settling) return false;
    this.settling = false;
    for (const [map, known] of this.#stale ?? []) for (const key of known) map.delete(key);
    this.#stale = null;
    return true;
  }

  /** The greatest `as_of_ms` of any room; 0: none is known. */
  newestMs() {
    let newest = 0;
    for (const card of this.cards.values()) newest = Math.max(newest, card.as_of_ms ?? 0);
    return newest;
  }

  #hello(data) {
    this.epoch = data.epoch ?? null;
    if (!data.reset) return false;
    this.settling = true;
    this.#stale = [this.cards, this.tallies, this.curves, this.alerts].map((map) => [map, new Set(map.keys())]);
    return false;
  }

  #isNewer(map, key, one) {
    const before = this.#stale?.find(([each]) => each === map)?.[1];
    if (before?.delete(key)) return true; // versions of another epoch say nothing
    return isNewer(one, map.get(key));
  }

  #cards(data) {
    let changed = false;
    for (const card of data.items ?? []) {
      if (!this.#isNewer(this.cards, card.host_id, card)) continue;
      this.cards.set(card.host_id, card);
      changed = true;
    }
    return changed;
  }

  #tally(data) {
    if (!this.#isNewer(this.tallies, data.host_id, data)) return false;
    this.tallies.set(data.host_id, data);
    return true;
  }

  #curve(data) {
    this.#stale?.find(([each]) => each === this.curves)?.[1].delete(data.session_id);
    const minutes = this.curves.get(data.session_id) ?? new Map();
    for (const minute of data.minutes) minutes.set(minute.minute_ms, minute);
    this.curves.set(data.session_id, minutes);
    return data.minutes.length > 0;
  }

  #alert(data) {
    const known = this.alerts.get(data.alert_id);
    const before = this.#stale?.find(([each]) => each === this.alerts)?.[1];
    before?.delete(data.alert_id);
    if (known && known.seq > data.seq) return false;
    this.alerts.set(data.alert_id, data);
    return true;
  }

  #gone(data) {
    for (const alert of [...this.alerts.values()]) {
      if (alert.host_id === data.host_id) this.alerts.delete(alert.alert_id);
    }
    this.tallies.delete(data.host_id);
    return this.cards.delete(data.host_id);
  }
}
