/** Who leads, by which measure, and what all rooms add up to. Pure. */

import { minorOf, whole } from "./format.js";

/** What rooms can be ranked by. Shapes: `value` gives a BigInt, or null where nothing is known. */
export const MEASURES = [
  { id: "pay_gmv_minor", kind: "money", value: (card) => minorOf(card.pay_gmv_minor) },
  { id: "net_gmv_minor", kind: "money", value: (card) => minorOf(card.net_gmv_minor) },
  { id: "pay_gmv_10m_minor", kind: "money", value: (card) => minorOf(card.pay_gmv_10m_minor) },
  { id: "orders_main", kind: "count", value: (card) => known(card.orders_main) },
  { id: "items_sold", kind: "count", value: (card) => known(card.items_sold) },
  { id: "online_now", kind: "count", value: (card) => known(card.online_now) },
  { id: "comments_1m", kind: "count", value: (card) => known(card.comments_1m) },
];

function known(value) {
  return value === null || value === undefined ? null : whole(value);
}

/** The measure of that id; the first one for an id that nobody knows. */
export function measureOf(id) {
  return MEASURES.find((measure) => measure.id === id) ?? MEASURES[0];
}

/**
 * The rooms in order: the greatest value first, then by host_id; equal values share a rank.
 *
 * Shapes: `[{rank, card, value}]`; a room without a value comes last and has rank null.
 */
export function ranked(cards, measure) {
  const rows = [...cards].map((card) => ({ card, value: measure.value(card), rank: null }));
  rows.sort((a, b) => byValue(a, b) || byId(a.card.host_id, b.card.host_id));
  rows.forEach((row, place) => {
    const before = rows[place - 1];
    if (row.value === null) return;
    row.rank = before && before.value === row.value ? before.rank : place + 1;
  });
  return rows;
}

function byValue(a, b) {
  if (a.value === b.value) return 0;
  if (a.value === null) return 1;
  if (b.value === null) return -1;
  return a.value > b.value ? -1 : 1;
}

function byId(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How far each room moved up (positive) or down since an earlier order. Shapes: host_id -> places. */
export function moves(before, rows) {
  const moved = new Map();
  for (const { card, rank } of rows) {
    const was = before.get(card.host_id);
    if (was !== undefined && was !== null && rank !== null && was !== rank) moved.set(card.host_id, was - rank);
  }
  return moved;
}

/** Who is in a room that was silent for longer nobody knows. */
const SILENT_MS = 600_000;
const SOLD = ["orders_main", "items_sold"];
const NOW = ["online_now", "comments_1m"];

/**
 * The sums of all rooms.
 *
 * Shapes: money by currency as BigInt; a count is null if no room knows it. `live` rooms are on air. What is
 *     of now is added up of rooms that have not ended and were heard of lately: the others keep their last number.
 */
export function totals(cards) {
  const all = [...cards];
  const sums = { pay_gmv_minor: {}, net_gmv_minor: {}, rooms: 0, live: 0 };
  for (const name of [...SOLD, ...NOW]) sums[name] = null;
  const newestMs = all.reduce((newest, card) => Math.max(newest, card.as_of_ms ?? 0), 0);
  for (const card of all) {
    const goesOn = card.status !== "ended" && !(newestMs - card.heard_ms > SILENT_MS);
    const counted = goesOn ? [...SOLD, ...NOW] : SOLD;
    sums.rooms += 1;
    if (card.status === "live" && goesOn) sums.live += 1;
    for (const name of ["pay_gmv_minor", "net_gmv_minor"]) addMoney(sums[name], card[name]);
    for (const name of counted) {
      if (card[name] !== null && card[name] !== undefined) sums[name] = (sums[name] ?? 0) + card[name];
    }
  }
  return sums;
}

function addMoney(sum, amounts) {
  for (const [currency, minor] of Object.entries(amounts ?? {})) {
    sum[currency] = (sum[currency] ?? 0n) + whole(minor);
  }
}
