/**
 * The event stream, kept open.
 *
 * Read with `fetch` and not with `EventSource`: only so a half-open connection is noticed (beats are
 * comments, which `EventSource` swallows), a refused token is told from a lost line, and a reconnect
 * after an error of a proxy can still say `Last-Event-ID`.
 */

import { SILENT_MS } from "../core/freshness.js";
import { backoffMs, EventParser } from "../core/sse.js";
import { refusal, STREAM } from "./api.js";
import { learnClock } from "./clock.js";

/** One subscription. Shapes: `on` has `event(name, data)`, `open()` and `lost(error)`. */
export class Stream {
  #hosts;
  #on;
  #lastId = "";
  #tries = 0;
  #closed = false;
  #abort = null;
  #wake = null;

  constructor(hosts, on) {
    this.#hosts = hosts;
    this.#on = on;
    this.#run();
  }

  close() {
    this.#closed = true;
    this.#abort?.abort();
    this.#wake?.();
  }

  /** Try again now instead of when the wait is over. */
  hurry() {
    this.#wake?.();
  }

  async #run() {
    while (!this.#closed) {
      let failure = null;
      try {
        await this.#connected();
      } catch (error) {
        failure = error;
      }
      if (this.#closed) return;
      this.#tries += 1;
      const waitMs = backoffMs(this.#tries, Math.random());
      this.#on.lost(failure);
      await this.#waited(waitMs);
    }
  }

  #waited(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connected() {
    this.#abort = new AbortController();
    let watch = setTimeout(() => this.#abort.abort(), SILENT_MS);
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    try {
      const url = `${STREAM}?hosts=${encodeURIComponent(this.#hosts)}`;
      const begun = performance.now();
      const answer = await fetch(url, { headers, credentials: "same-origin", cache: "no-store", signal: this.#abort.signal });
      if (!answer.ok) throw await refusal(answer);
      learnClock(answer.headers.get("date"), begun, performance.now());
      this.#on.open();
      const parser = new EventParser();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => this.#abort.abort(), SILENT_MS);
        this.#tries = 0;
        for (const event of parser.push(value)) this.#take(event);
      }
    } finally {
      clearTimeout(watch);
      this.#abort.abort();
    }
  }

  #take(event) {
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // cut off or not ours; the next one is whole again
    }
    if (event.id) this.#lastId = event.id;
    if (!this.#closed) this.#on.event(event.name, data);
  }
}
