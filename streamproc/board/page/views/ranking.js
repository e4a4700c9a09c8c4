/** The ranking of all rooms: a table whose rows glide when somebody is overtaken. */

import { minorOf } from "../core/format.js";
import { MEASURES, measureOf, moves, ranked } from "../core/ranking.js";
import { arrange, attribute, el, text, toggle } from "../edge/dom.js";
import { remember, remembered } from "../edge/preferences.js";
import { glide } from "../parts/reorder.js";
import { roomRow } from "../parts/room_row.js";
import { t } from "../words/language.js";

const COLUMNS = ["rank", "host", "pay", "net", "recent", "orders", "items", "online", "comments", "alerts"];
/** More rows than this nobody reads; the search finds the rest. */
const MOST_ROWS = 200;
/** A change of rank is marked for so long. */
const MARKED_MS = 60_000;
const TALLEST_PX = 62;
const SHORTEST_PX = 22;
const DENSE_PX = 30;
const TWO_LINES_PX = 44;

/** Shapes: `{element, update(cards, nowMs), tick(nowMs, troubles), destroy()}`. */
export function rankingView() {
  const rows = new Map();
  const marks = new Map();
  let before = new Map();
  let measure = measureOf(remembered("measure", "pay_gmv_minor"));
  let latest = { cards: [], nowMs: 0 };
  let troubles = new Map();

  const heading = el("h2", { id: "ranking-title" }, t("rank.title"));
  const choices = MEASURES.map((each) => {
    const input = el("input", { type: "radio", name: "measure", value: each.id, on: { change: () => choose(each) } });
    input.checked = each.id === measure.id;
    return el("label", { class: "choice" }, input, el("span", {}, t(`measure.${each.id}`)));
  });
  const measures = el("fieldset", { class: "choices" }, el("legend", { class: "unseen" }, t("rank.by")), choices);
  const search = el("input", {
    type: "search",
    class: "search",
    placeholder: t("rank.filter_hint"),
    "aria-label": t("rank.filter"),
    on: { input: () => update(latest.cards, latest.nowMs) },
  });
  const headers = COLUMNS.map((name) => el("th", { scope: "col", role: "columnheader", class: `cell cell-${name}` }, t(`column.${name}`)));
  const body = el("tbody", { role: "rowgroup" });
  const heads = el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, headers));
  const table = el("table", { class: "ranking", role: "table", "aria-labelledby": heading.id }, heads, body);
  const none = el("p", { class: "empty" });
  const more = el("p", { class: "more" });
  const scroller = el("div", { class: "ranking-body", role: "region", tabindex: "0", "aria-labelledby": heading.id }, table, none, more);
  const element = el("section", { class: "panel ranked", "aria-labelledby": heading.id }, el("header", {}, heading, measures, search), scroller);
  const sizes = new ResizeObserver(fit);
  sizes.observe(scroller);

  function choose(next) {
    measure = next;
    before = new Map();
    marks.clear();
    remember("measure", measure.id);
    update(latest.cards, latest.nowMs);
  }

  /** Rows as tall as there is room for, so that a wall shows all rooms without scrolling. */
  function fit() {
    const room = scroller.clientHeight - (table.tHead.offsetHeight || 28) - 2;
    const tall = Math.floor(room / Math.max(1, body.children.length));
    const height = Math.max(SHORTEST_PX, Math.min(TALLEST_PX, tall));
    table.style.setProperty("--row", `${height}px`);
    toggle(table, "two-lines", height >= TWO_LINES_PX);
    toggle(table, "dense", height < DENSE_PX);
  }

  function matches(card) {
    const words = search.value.trim().toLowerCase();
    const names = [card.host_name, card.host_id, card.village, card.town, card.district];
    return !words || names.some((name) => name?.toLowerCase().includes(words));
  }

  function mark(order, nowMs) {
    for (const [id, places] of moves(before, order)) marks.set(id, { places, nowMs });
    for (const [id, marked] of marks) if (nowMs - marked.nowMs > MARKED_MS) marks.delete(id);
    before = new Map(order.map(({ card, rank }) => [card.host_id, rank]));
  }

  function update(cards, nowMs) {
    latest = { cards: [...cards], nowMs };
    const order = ranked(latest.cards, measure);
    mark(order, nowMs);
    const leader = order.reduce((most, { card }) => max(most, minorOf(card.pay_gmv_minor)), 0n);
    const found = order.filter(({ card }) => matches(card));
    const shown = found.slice(0, MOST_ROWS);
    const ids = new Set(shown.map(({ card }) => card.host_id));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
    for (const row of shown) {
      const part = rows.get(row.card.host_id) ?? roomRow();
      rows.set(row.card.host_id, part);
      part.update(row, marks.get(row.card.host_id)?.places ?? 0, leader, nowMs, troubles);
    }
    place(shown.map(({ card }) => rows.get(card.host_id).element));
    text(none, latest.cards.length ? t("rank.no_match", { words: search.value }) : t("rank.none"));
    none.hidden = shown.length > 0;
    table.hidden = !shown.length;
    text(more, t("rank.more", { n: found.length - shown.length }));
    more.hidden = found.length === shown.length;
  }

  function place(elements) {
    const placed = [...body.children];
    if (elements.length === placed.length && elements.every((each, n) => placed[n] === each)) return;
    const held = document.activeElement;
    const grew = elements.length !== placed.length;
    glide(elements, () => arrange(body, elements));
    if (held !== document.activeElement && body.contains(held)) held.focus({ preventScroll: true });
    if (grew) fit();
  }

  function tick(nowMs, now) {
    troubles = now;
    for (const part of rows.values()) part.tick(nowMs, troubles);
  }

  attribute(element, "id", "ranking");
  return { element, update, tick, destroy: () => sizes.disconnect() };
}

function max(a, b) {
  return a > b ? a : b;
}
