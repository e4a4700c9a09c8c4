import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, EventParser } from "../../../streamproc/board/page/core/sse.js";
import { area, moments, path, sparkPoints, ticks } from "../../../streamproc/board/page/core/scale.js";
import { en as enWords } from "../../../streamproc/board/page/words/en.js";
import { enNames } from "../../../streamproc/board/page/words/en_names.js";
import { zh as zhWords } from "../../../streamproc/board/page/words/zh.js";
import { zhNames } from "../../../streamproc/board/page/words/zh_names.js";

const TEXT = "\ufeffretry: 1000\n: beat\n\nid: e-1\nevent: cards\ndata: {\"a\":\ndata: 1}\n\ndata: x\r\n\r\nevent: gone\ndata:  y\rid: e-2\r\r";
const EVENTS = [
  { name: "cards", data: '{"a":\n1}', id: "e-1" },
  { name: "message", data: "x", id: "e-1" },
  { name: "gone", data: " y", id: "e-2" },
];

test("events are the same wherever the text is cut", () => {
  for (let size = 1; size <= TEXT.length; size += 1) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < TEXT.length; at += size) found.push(...parser.push(TEXT.slice(at, at + size)));
    found.push(...parser.push("\n"));
    assert.deepEqual(found, EVENTS, `pieces of ${size}`);
  }
});

test("an event that is cut off is not told", () => {
  assert.deepEqual(new EventParser().push("data: half"), []);
});

test("waits double, are spread, and have an end", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const waits = [1, 2, 3, 4, 20].map((tries) => backoffMs(tries, chance));
    assert.deepEqual([...waits].sort((a, b) => a - b), waits);
    assert.ok(waits[0] >= 250 && waits[4] <= 15_000);
  }
});

test("gaps stay gaps", () => {
  assert.equal(path([[0, 1], [1, null], [2, 3], [3, 4]]), "M0 1M2 3L3 4");
  assert.equal(area([[0, 1], [1, null], [2, 3], [3, 4]], 9), "M2 3L3 4L3 9L2 9Z");
  assert.deepEqual(sparkPoints([null, 2], 10, 10)[0], [0, null]);
});

test("an axis reaches over what it shows, in round steps", () => {
  for (const top of [1, 3, 7, 99, 100, 12_345, 4_000_000]) {
    const steps = ticks(top);
    assert.ok(steps.at(-1) >= top && steps.length <= 6 && steps.every(Number.isInteger), String(top));
  }
  assert.deepEqual(ticks(0), [0, 1]);
  assert.ok(moments(0, 6 * 3_600_000).length <= 9);
});

test("both languages say the same things with the same blanks", () => {
  const [zh, en] = [{ ...zhWords, ...zhNames }, { ...enWords, ...enNames }];
  assert.equal(Object.keys(zh).length, Object.keys(zhWords).length + Object.keys(zhNames).length);
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const blanks = (words) => [...words.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
  for (const key of Object.keys(zh)) {
    assert.deepEqual(blanks(zh[key]), blanks(en[key]), key);
    assert.ok(zh[key].trim() && en[key].trim(), key);
  }
});
