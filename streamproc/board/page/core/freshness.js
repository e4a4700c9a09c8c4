/**
 * How old what is shown is, and whether to say so. Pure.
 *
 * A quiet room changes nothing for a while and is not old for that; so the workers' heartbeat counts as
 * much as a changed number.
 */

export const STALE_MS = 5_000;
/** The stream tells something each 10 s, a beat at least. */
export const SILENT_MS = 25_000;

/**
 * The state of what is shown.
 *
 * Shapes: `known` is `{connected, everConnected, heardMs, newestMs, health, healthMs}`: `heardMs` is when
 *     the stream told anything last, `newestMs` the newest `as_of_ms`, `health` what the board says of
 *     itself and `healthMs` when. The answer is `{state, reason, ageMs}`: state is `live`, `stale`, `lost`
 *     or `waiting`; reason is `""`, `connection`, `redis`, `worker` or `old`.
 * Units: all by the clock of the server.
 */
export function freshness(known, nowMs) {
  const asOf = Math.max(known.newestMs, beatMs(known));
  const ageMs = asOf ? Math.max(0, nowMs - asOf) : null;
  if (!known.everConnected) return { state: known.failed ? "lost" : "waiting", reason: "connection", ageMs };
  if (!known.connected) return { state: "lost", reason: "connection", ageMs };
  if (known.health && known.health.redis === false) return { state: "stale", reason: "redis", ageMs };
  if (worstBeatAgeMs(known, nowMs) > STALE_MS) return { state: "stale", reason: "worker", ageMs };
  if (ageMs !== null && ageMs > STALE_MS) return { state: "stale", reason: "old", ageMs };
  return { state: "live", reason: "", ageMs };
}

function partitions(known) {
  return known.health?.partitions ?? [];
}

/** When the slowest worker said last that it lives; 0: none did. */
function beatMs(known) {
  const ages = partitions(known).map((each) => each.age_s);
  return ages.length && ages.every(Number.isFinite) ? known.healthMs - Math.max(...ages) * 1000 : 0;
}

function worstBeatAgeMs(known, nowMs) {
  const beat = beatMs(known);
  if (!beat) return 0;
  const told = Math.max(0, known.healthMs - beat);
  const unheard = Math.max(0, nowMs - known.healthMs - STALE_MS);
  return told + unheard;
}
