/** The server's clock, as far as its answers tell it: a phone whose clock is wrong shows the same ages. */

let offsetMs = 0;
let leastRoundTrip = Infinity;

/** Learn from the `Date` header of an answer; the quickest answer says it best. Units: performance.now(). */
export function learnClock(header, askedAt, answeredAt) {
  const told = Date.parse(header ?? "");
  const roundTrip = answeredAt - askedAt;
  if (!Number.isFinite(told) || roundTrip > leastRoundTrip) return;
  leastRoundTrip = roundTrip;
  // the header has whole seconds: on the mean, half of one has passed since
  const found = told + 500 - (Date.now() - roundTrip / 2);
  offsetMs = Math.abs(found) < 1_000 ? 0 : found;
}

/** Now, by the server's clock. */
export function nowMs() {
  return Date.now() + offsetMs;
}
