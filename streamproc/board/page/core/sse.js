/**
 * Server-sent events from chunks of text. Pure.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** Reads events from text that comes in pieces, wherever it is cut. */
export class EventParser {
  #rest = "";
  #name = "";
  #data = [];
  #id = "";
  #first = true;

  /** The events that this piece completes. Shapes: `{name, data, id}`; `id` holds until the next one. */
  push(piece) {
    let text = this.#rest + piece;
    if (this.#first && text) {
      this.#first = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const held = text.endsWith("\r") ? "\r" : ""; // its line feed may stand in the next piece
    const lines = (held ? text.slice(0, -1) : text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + held;
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line) {
    if (line === "") return this.#dispatched();
    if (line.startsWith(":")) return [];
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #dispatched() {
    const event = { name: this.#name || "message", data: this.#data.join("\n"), id: this.#id };
    const empty = !this.#data.length;
    this.#name = "";
    this.#data = [];
    return empty ? [] : [event];
  }
}

/** How long to wait before the n-th try in a row (from 1 on): doubling up to `most`, spread by `chance` in [0, 1). */
export function backoffMs(tries, chance, least = 500, most = 15_000) {
  const full = Math.min(most, least * 2 ** Math.min(tries - 1, 10));
  return Math.round(full * (0.5 + chance / 2));
}
