/**
 * How old what is shown is, and whether to say so. Pure.
 *
 * A quiet room changes nothing for a while and is not old for that; so the workers' heartbeat counts as
 * much as a changed number.
 */

const STALE_MS = 5_000;
/** The stream tells something each 10 s, a beat at least. */
export const SILENT_MS = 25_000;
/** A worker beats each 2 s and the board looks each 3 s: older than this, a beat was missed. */
const BEAT_LATE_MS = 8_000;
/** Unasked, the board tells its health each 10 s. */
const HEALTH_LATE_MS = 13_000;

/**
 * The state of what is shown.
 *
 * Shapes: `known` is `{connected, everConnected, failed, newestMs, health, healthMs}`: `newestMs` is the
 *     newest `as_of_ms`, `health` what the board says of itself and `healthMs` when it said so. The answer
 *     is `{state, reason, ageMs}`: state is `live`, `stale`, `lost` or `waiting`; reason is `""`,
 *     `connection`, `redis`, `worker` or `old`; `ageMs` null: nothing was ever told.
 * Units: all by the clock of the server.
 */
export function freshness(known, nowMs) {
  const beatMs = worstBeatMs(known.health);
  const beatAt = beatMs === null ? 0 : known.healthMs - beatMs;
  const asOf = Math.max(known.newestMs, beatAt);
  const ageMs = asOf ? Math.max(0, nowMs - asOf) : null;
  const answer = (state, reason) => ({ state, reason, ageMs });
  if (!known.connected) return answer(known.everConnected || known.failed ? "lost" : "waiting", "connection");
  if (redisIsSilent(known.health)) return answer("stale", "redis");
  if (beatMs !== null && beatMs > BEAT_LATE_MS) return answer("stale", "worker");
  const vouched = beatMs !== null && beatMs <= STALE_MS + 500 && nowMs - known.healthMs < HEALTH_LATE_MS;
  if (ageMs !== null && ageMs > STALE_MS && !vouched) return answer("stale", "old");
  return answer("live", "");
}

/** Whether the board should be asked how it is, instead of waiting until it tells. */
export function isToBeAsked(known, nowMs) {
  return !known.health || nowMs - known.newestMs > STALE_MS - 2_000 || nowMs - known.healthMs > HEALTH_LATE_MS;
}

function redisIsSilent(health) {
  return Boolean(health) && (health.redis === false || health.redis_age_s * 1000 > BEAT_LATE_MS);
}

/** How long ago the slowest worker said that it lives; null: nobody ever did. */
function worstBeatMs(health) {
  const ages = (health?.partitions ?? []).map((each) => each.age_s);
  if (!ages.some(Number.isFinite)) return null;
  return Math.max(...ages.map((age) => (Number.isFinite(age) ? age * 1000 : Infinity)));
}
