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
/** As the board has it: what is counted later than this is behind. */
const BEHIND_MS = 10_000;
/** Unasked, the board tells its health each 10 s. */
const HEALTH_LATE_MS = 13_000;

/**
 * The state of what is shown.
 *
 * Shapes: `known` is `{connected, everConnected, failed, newestMs, health, healthMs}`: `newestMs` is the
 *     newest `as_of_ms`, `health` what the board says of itself and `healthMs` when it said so;
 *     `partitions` is a set of those that are looked at, null: all. The answer is `{state, reason, ageMs}`:
 *     state is `live`, `partly` (some of what is shown is not of now), `stale`, `lost` or `waiting`; reason is
 *     `""`, `connection`, `redis`, `worker`, `behind`, `paused` or `old`; `ageMs` null: nothing was ever told.
 * Units: all by the clock of the server.
 */
export function freshness(known, nowMs) {
  const partitions = lookedAt(known);
  const beatMs = worstBeatMs(partitions);
  const beatAt = beatMs === null ? 0 : known.healthMs - beatMs;
  const asOf = Math.max(known.newestMs, beatAt);
  const ageMs = asOf ? Math.max(0, nowMs - asOf) : null;
  const answer = (state, reason) => ({ state, reason, ageMs });
  if (!known.connected) return answer(known.everConnected || known.failed ? "lost" : "waiting", "connection");
  if (redisIsSilent(known.health)) return answer("stale", "redis");
  if (beatMs !== null && beatMs > BEAT_LATE_MS) return answer("stale", "worker");
  const vouched = beatMs !== null && beatMs <= STALE_MS + 500 && nowMs - known.healthMs < HEALTH_LATE_MS;
  if (ageMs !== null && ageMs > STALE_MS && !vouched) return answer("stale", "old");
  return notCounted(partitions, nowMs - known.healthMs) ?? answer("live", "");
}

/** What of these partitions is not counted yet, or not at all; null: nothing. */
function notCounted(partitions, sinceMs) {
  const troubles = partitions.map((each) => troubleOf(each, sinceMs));
  const late = troubles.filter((each) => each.behindMs !== null);
  const oldest = (ages) => ages.reduce((most, age) => Math.max(most, age ?? 0), 0);
  if (late.length) {
    const ageMs = oldest(late.map((each) => each.behindMs));
    return { state: late.length < troubles.length ? "partly" : "stale", reason: "behind", ageMs };
  }
  const paused = troubles.flatMap((each) => each.paused);
  return paused.length ? { state: "partly", reason: "paused", ageMs: oldest(paused.map((each) => each.ageMs)) } : null;
}

/**
 * What is wrong with the numbers of one partition, as `sinceMs` ago the board told of it.
 *
 * Shapes: `{silent, behindMs, paused}`: no worker beats; how far it is behind, null: it is not;
 *     `[{source, ageMs}]` of sources that are read no more, `ageMs` null: unknown.
 */
export function troubleOf(told, sinceMs) {
  const ageMs = (age_s) => (Number.isFinite(age_s) ? age_s * 1000 + sinceMs : null);
  const behindMs = told.behind_s * 1000 > BEHIND_MS ? ageMs(told.behind_s) : null;
  const paused = Object.entries(told.paused ?? {}).map(([source, age_s]) => ({ source, ageMs: ageMs(age_s) }));
  return { silent: !Number.isFinite(told.age_s) || told.age_s * 1000 > BEAT_LATE_MS, behindMs, paused };
}

/** What is wrong where: partition -> trouble, of those that the board told of. */
export function troubles(known, nowMs) {
  return new Map((known.health?.partitions ?? []).map((each) => [each.partition, troubleOf(each, nowMs - known.healthMs)]));
}

function lookedAt({ health, partitions }) {
  return (health?.partitions ?? []).filter((each) => !partitions || partitions.has(each.partition));
}

/** Whether the board should be asked how it is, instead of waiting until it tells. */
export function isToBeAsked(known, nowMs) {
  return !known.health || nowMs - known.newestMs > STALE_MS - 2_000 || nowMs - known.healthMs > HEALTH_LATE_MS;
}

function redisIsSilent(health) {
  return Boolean(health) && (health.redis === false || health.redis_age_s * 1000 > BEAT_LATE_MS);
}

/** How long ago the slowest worker said that it lives; null: nobody ever did. */
function worstBeatMs(partitions) {
  const ages = partitions.map((each) => each.age_s);
  if (!ages.some(Number.isFinite)) return null;
  return Math.max(...ages.map((age) => (Number.isFinite(age) ? age * 1000 : Infinity)));
}
