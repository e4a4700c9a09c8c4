import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcer, byUrgency, counted } from "../../../streamproc/board/page/core/alerting.js";
import { freshness, troubles } from "../../../streamproc/board/page/core/freshness.js";
import { GAP_MS, Prompter, TTL_MS } from "../../../streamproc/board/page/core/prompter.js";
import { measureOf, moves, ranked, totals } from "../../../streamproc/board/page/core/ranking.js";
import { route } from "../../../streamproc/board/page/core/route.js";
import { Store } from "../../../streamproc/board/page/core/store.js";

const card = (host_id, minor, version = 1, more = {}) => ({ host_id, version, as_of_ms: version, pay_gmv_minor: { CNY: minor }, ...more });
const alert = (alert_id, more = {}) => ({
  alert_id, seq: 1, host_id: "h", phase: "firing", severity: "page", opened_ms: 0, at_ms: 0, why: "entered", advice: { teleprompter: alert_id }, ...more,
});

test("the newest card wins in whatever order they come", () => {
  const all = [3, 1, 2, 3].map((version) => card("a", version * 10, version));
  for (const order of permutations(all)) {
    const store = new Store();
    for (const each of order) store.take("cards", { items: [each] });
    assert.equal(store.cards.get("a").version, 3);
  }
});

test("after a reset lower versions count, and what is not told again is forgotten", () => {
  const store = new Store();
  store.take("cards", { items: [card("a", 1, 9), card("b", 1, 9)] });
  store.take("alert", alert("x", { seq: 7 }));
  store.take("hello", { epoch: "e2", reset: true });
  store.take("cards", { items: [card("a", 5, 2)] });
  store.take("cards", { items: [card("a", 4, 1)] });
  assert.ok(store.settling);
  store.settle();
  assert.deepEqual([...store.cards.keys()], ["a"]);
  assert.equal(store.cards.get("a").version, 2);
  assert.equal(store.alerts.size, 0);
});

test("a resume forgets nothing", () => {
  const store = new Store();
  store.take("cards", { items: [card("a", 1, 9)] });
  store.take("hello", { epoch: "e1", reset: false });
  assert.equal(store.settle(), false);
  assert.equal(store.cards.size, 1);
});

test("equal values share a rank, hosts stand by id, and who has no value comes last", () => {
  const cards = [card("b", 5), card("a", 5), card("c", 9), { ...card("d", 0), online_now: 3 }];
  assert.deepEqual(ranked(cards, measureOf("pay_gmv_minor")).map((r) => [r.card.host_id, r.rank]), [["c", 1], ["a", 2], ["b", 2], ["d", 4]]);
  assert.deepEqual(ranked(cards, measureOf("online_now")).map((r) => r.rank), [1, null, null, null]);
  assert.deepEqual([...moves(new Map([["a", 4], ["c", 1]]), ranked(cards, measureOf("pay_gmv_minor")))], [["a", 2]]);
});

test("totals are sums of what is known, exact beyond what a float holds", () => {
  const sums = totals([card("a", 2 ** 53 - 1), card("b", 2 ** 53 - 1, 1, { online_now: 4 })]);
  assert.equal(sums.pay_gmv_minor.CNY, 2n * (2n ** 53n - 1n));
  assert.equal(sums.online_now, 4);
  assert.equal(sums.orders_main, null);
});

test("who is online is added up of rooms that go on; what was sold of all", () => {
  const [now, live] = [10_000_000, { status: "live", heard_ms: 10_000_000, online_now: 3, comments_1m: 1, orders_main: 1 }];
  const room = (host_id, more = {}) => ({ ...card(host_id, 100), as_of_ms: now, ...live, ...more });
  const ended = room("e", { status: "ended", online_now: 70_000 });
  const silent = room("s", { as_of_ms: now - 700_000, heard_ms: now - 700_000, online_now: 900 });
  const sums = totals([room("a"), room("p", { status: "paused" }), room("u", { status: "unknown" }), ended, silent].values());
  assert.deepEqual([sums.online_now, sums.comments_1m, sums.live, sums.rooms], [9, 3, 1, 5]);
  assert.deepEqual([sums.orders_main, sums.pay_gmv_minor.CNY], [5, 500n]);
  assert.equal(totals([silent]).online_now, 900, "old as all that is known: the page says so");
});

test("alerts that somebody took on, put off, or that follow from another do not count", () => {
  const quiet = [alert("v", { verdict: "bait" }), alert("s", { snoozed_until_ms: 99 }), alert("i", { inhibited_by: "AdapterDown" })];
  const loud = [alert("t", { severity: "ticket" }), alert("p", { opened_ms: 1 }), alert("q", { opened_ms: 5 })];
  const over = alert("o", { phase: "resolved" });
  assert.deepEqual(byUrgency([...quiet, ...loud, over], 50).map((each) => each.alert_id).slice(0, 3), ["q", "p", "t"]);
  assert.deepEqual(counted([...quiet, ...loud, over], 50), { page: 2, ticket: 1, info: 0 });
});

test("a page is announced once for each time it gets to be one", () => {
  const announcer = new Announcer();
  assert.deepEqual(announcer.fresh([alert("old")], 0), []);
  assert.deepEqual(announcer.fresh([alert("old"), alert("a")], 0).map((each) => each.alert_id), ["a"]);
  assert.deepEqual(announcer.fresh([alert("a", { seq: 2 })], 0), []);
  assert.deepEqual(announcer.fresh([alert("a", { severity: "ticket" })], 0), []);
  assert.equal(announcer.fresh([alert("a")], 0).length, 1);
  assert.deepEqual(announcer.fresh([], 0), []);
  assert.deepEqual(announcer.fresh([alert("a")], 0), [], "out of sight is not over");
});

test("a teleprompter says one thing at a time, at most one in 15 s, for 60 s at most", () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const prompter = new Prompter();
    const begins = [];
    const alerts = [];
    let last = null;
    for (let now = 0; now < 240_000; now += 500) {
      if (Math.random() < 0.03) alerts.push(alert(`a${now}`, { at_ms: now, severity: ["page", "ticket", "info"][now % 3] }));
      const line = prompter.line(alerts, now);
      if (line && line !== last) begins.push(now);
      if (line) assert.ok(now < line.alert.at_ms + TTL_MS && [...line.text].length <= 20);
      last = line;
    }
    begins.forEach((at, n) => assert.ok(!n || at - begins[n - 1] >= GAP_MS));
  }
});

test("a line leaves when its alert is over, and what is worse comes first", () => {
  const prompter = new Prompter();
  const ticket = alert("t", { severity: "ticket" });
  assert.equal(prompter.line([ticket], 0).text, "t");
  assert.equal(prompter.line([{ ...ticket, seq: 2, why: "judged", verdict: "bait" }], 1_000), null);
  const two = [alert("i", { severity: "info", at_ms: 2_000 }), alert("p", { at_ms: 1_500 })];
  assert.equal(prompter.line(two, 3_000), null);
  assert.equal(prompter.line(two, 15_000).text, "p");
  assert.equal(prompter.line(two, 31_000).text, "p", "what is less urgent waits");
});

test("a quiet room is not old; a dead worker, Redis or line is", () => {
  const beats = (age_s, more = {}) => ({ redis: true, redis_age_s: 0.1, partitions: [{ age_s: 0.1 }, { age_s }], ...more });
  const known = { connected: true, everConnected: true, newestMs: 1_000, healthMs: 100_000, health: beats(0.4) };
  const state = (changes, nowMs = 101_000) => freshness({ ...known, ...changes }, nowMs);
  assert.equal(state({}).state, "live");
  assert.equal(state({}, 110_000).state, "live", "until the board is due again");
  assert.equal(state({}, 120_000).reason, "old");
  assert.equal(state({ health: beats(9) }).reason, "worker");
  assert.equal(state({ health: beats(null) }).reason, "worker");
  assert.equal(state({ newestMs: 100_900, health: beats(null) }).reason, "worker", "though others work");
  assert.equal(state({ health: beats(6) }).reason, "old");
  assert.equal(state({ newestMs: 100_900, health: beats(6) }).state, "live");
  assert.equal(state({ health: beats(0.4, { redis: false }) }).reason, "redis");
  assert.equal(state({ health: beats(0.4, { redis_age_s: 9 }) }).reason, "redis");
  assert.equal(state({ connected: false }).state, "lost");
  assert.equal(state({ health: null, healthMs: 0 }).reason, "old");
  assert.equal(state({ connected: false, everConnected: false }).state, "waiting");
  assert.equal(state({ connected: false, everConnected: false, failed: true }).state, "lost");
  assert.equal(state({ health: null, newestMs: 0 }).ageMs, null);
});

test("one partition that is behind, or a source that is paused, makes a part old, and says which", () => {
  const told = (number, more = {}) => ({ partition: number, age_s: 0.4, behind_s: null, paused: {}, ...more });
  const known = { connected: true, everConnected: true, newestMs: 101_000, healthMs: 100_000 };
  const state = (partitions, more = {}) => freshness({ ...known, health: { redis: true, redis_age_s: 0.1, partitions }, ...more }, 101_000);
  const behind = told(1, { behind_s: 300 });
  const paused = told(1, { paused: { "live.orders.v1": 600, "live.viewers.v1": null } });
  assert.deepEqual(state([told(0), behind]), { state: "partly", reason: "behind", ageMs: 301_000 });
  assert.deepEqual(state([behind]), { state: "stale", reason: "behind", ageMs: 301_000 });
  assert.deepEqual(state([told(0), paused]), { state: "partly", reason: "paused", ageMs: 601_000 });
  assert.deepEqual(state([paused]), { state: "partly", reason: "paused", ageMs: 601_000 });
  assert.equal(state([told(0), told(1, { behind_s: 9 })]).state, "live", "a second more or less");
  assert.equal(state([told(0), behind], { partitions: new Set([0]) }).state, "live", "of a host that is counted elsewhere");
  assert.equal(state([told(0), behind], { partitions: new Set([1]) }).state, "stale");
  assert.equal(state([told(0, { age_s: null }), behind]).reason, "worker");

  const wrong = troubles({ ...known, health: { partitions: [told(0), behind, told(2, { ...paused, partition: 2 }), told(3, { age_s: null })] } }, 101_000);
  assert.deepEqual(wrong.get(0), { silent: false, behindMs: null, paused: [] });
  assert.equal(wrong.get(1).behindMs, 301_000);
  assert.deepEqual(wrong.get(2).paused[0], { source: "live.orders.v1", ageMs: 601_000 });
  assert.equal(wrong.get(3).silent, true);
});

test("minutes of a curve replace those of before, and a reset forgets curves that are not told again", () => {
  const store = new Store();
  const curve = (session_id, ...minutes) => ({ host_id: "h", session_id, minutes: minutes.map(([minute_ms, orders]) => ({ minute_ms, orders })) });
  store.take("curve", curve("s", [0, 1], [60, 2]));
  store.take("curve", curve("s", [60, 3]));
  assert.deepEqual([...store.curves.get("s").values()].map((minute) => minute.orders), [1, 3]);
  store.take("curve", curve("t", [0, 1]));
  store.take("hello", { reset: true });
  store.take("curve", curve("s", [60, 4]));
  store.settle();
  assert.deepEqual([...store.curves.keys()], ["s"]);
});

test("an address names a view, or none", () => {
  assert.deepEqual(route(""), { name: "wall" });
  assert.deepEqual(route("#/host/a%2Fb%3F"), { name: "host", hostId: "a/b?" });
  for (const hash of ["#/x", "#/host", "#/host/", "#/host/%E0%A4%A", "#/host/a/b"]) assert.equal(route(hash).name, "unknown");
});

function permutations(items) {
  if (items.length < 2) return [items];
  return items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]));
}
