/** What the page knows, kept up to date: the stream, the health of the board, and how fresh it all is. */

import { freshness, isToBeAsked, troubles } from "./core/freshness.js";
import { Store } from "./core/store.js";
import { api } from "./edge/api.js";
import { nowMs } from "./edge/clock.js";
import { Stream } from "./edge/stream.js";

const HEALTH_LOOK_MS = 3_000;
/** What comes in one burst is shown at once. */
const COALESCE_MS = 200;
/** Longest wait for the rest after everything is told again. */
const SETTLE_MS = 1_200;

/** Shapes: `on` has `changed(store)` and `refused(error)`. */
export class Feed {
  store = new Store();
  #on;
  #stream = null;
  #hosts = null;
  #known = { connected: false, everConnected: false, failed: false, health: null, healthMs: 0 };
  #due = null;
  #settle = null;

  constructor(on) {
    this.#on = on;
    setInterval(() => this.#checkHealth(), HEALTH_LOOK_MS);
    for (const event of ["online", "pageshow"]) addEventListener(event, () => this.retry());
    document.addEventListener("visibilitychange", () => document.hidden || this.retry());
  }

  /** Watch these hosts: `*`, ids with commas between them, or null: none. */
  watch(hosts, again = false) {
    if (hosts === this.#hosts && !again) return;
    this.#hosts = hosts;
    this.#stream?.close();
    this.#stream = null;
    this.#known.connected = false;
    if (hosts === null) return;
    this.#stream = new Stream(hosts, {
      event: (name, data) => this.#take(name, data),
      open: () => Object.assign(this.#known, { connected: true, everConnected: true }),
      lost: (error) => this.#lost(error),
    });
  }

  /** Connect now, if there is no connection. */
  retry() {
    if (!this.#known.connected) this.#stream?.hurry();
  }

  /** How fresh what is shown is, now. */
  freshness() {
    return freshness(this.#facts(), nowMs());
  }

  /** What is wrong where, now: partition -> trouble. */
  troubles() {
    return troubles(this.#known, nowMs());
  }

  #facts() {
    return { ...this.#known, newestMs: this.store.newestMs(), partitions: this.#partitions() };
  }

  /** Where the watched hosts are counted; null: anywhere, or not all is known. */
  #partitions() {
    if (this.#hosts === "*" || this.#hosts === null) return null;
    const found = this.#hosts.split(",").map((host) => this.store.cards.get(host)?.partition ?? null);
    return found.includes(null) ? null : new Set(found);
  }

  #take(name, data) {
    if (name === "health") Object.assign(this.#known, { health: data, healthMs: nowMs() });
    const changed = this.store.take(name, data);
    if (name === "hello" && data.reset) {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => this.#settled(), SETTLE_MS);
    }
    if (changed) this.#show();
  }

  #settled() {
    this.store.settle();
    this.#show();
  }

  #show() {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.#on.changed(this.store);
    }, COALESCE_MS);
  }

  #lost(error) {
    this.#known.connected = false;
    this.#known.failed = true;
    if (error?.status === 401 || error?.status === 403) this.#on.refused(error);
  }

  async #checkHealth() {
    if (!this.#known.connected || !isToBeAsked(this.#facts(), nowMs())) return;
    try {
      const health = await api.health();
      Object.assign(this.#known, { health, healthMs: nowMs() });
    } catch (error) {
      if (error.status === 401) this.#on.refused(error);
    }
  }
}
