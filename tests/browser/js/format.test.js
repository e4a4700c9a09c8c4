import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../streamproc/board/page/core/format.js";

test("money is exact where a float is not", () => {
  assert.equal(format.exactMoney(9007199254740991), "¥90,071,992,547,409.91");
  assert.equal(format.exactMoney(9007199254740993n), "¥90,071,992,547,409.93");
  assert.equal(format.exactMoney(-5), "-¥0.05");
  assert.equal(format.exactMoney(1234, "JPY"), "JPY 1,234");
});

test("money for a glance: every digit while small, then whole, then in 万 and 亿", () => {
  const zh = { 0: "¥0.00", 99999: "¥999.99", 100000: "¥1,000", 999949: "¥9,999", 999950: "¥1.00万", 1234567: "¥1.23万", 9999999999: "¥1.00亿", 512345678901: "¥51.23亿" };
  for (const [minor, words] of Object.entries(zh)) assert.equal(format.money(Number(minor), "CNY", "zh"), words);
  const en = { 99999: "¥999.99", 100050: "¥1,001", 123456789: "¥1,234,568" };
  for (const [minor, words] of Object.entries(en)) assert.equal(format.money(Number(minor), "CNY", "en"), words);
});

test("whatever is cut is rounded half away from zero, for any amount", () => {
  for (let n = 0; n < 2_000; n += 1) {
    const a = BigInt(Math.floor(Math.random() * 1e12)) - 500_000_000_000n;
    const b = BigInt(1 + Math.floor(Math.random() * 1e6));
    const q = format.dividedHalfUp(a, b);
    const off = 2n * (a - q * b);
    assert.ok(off <= b && off >= -b, `${a} / ${b} = ${q}`);
  }
});

test("zeros go only behind the point", () => {
  assert.equal(format.number(40.3, 0), "40");
  assert.equal(format.number(25.44), "25.4");
  assert.equal(format.number(100), "100");
  assert.equal(format.axisMoney(200000), "¥2,000");
  assert.equal(format.axisMoney(1400000), "¥1.4万");
  assert.equal(format.axisMoney(0), "¥0");
});

test("amounts of several currencies are all told, the yuan first", () => {
  assert.equal(format.amounts({ USD: 150, CNY: 2000 }, "zh", true), "¥20.00 + USD 1.50");
  assert.equal(format.amounts(null, "zh"), "–");
  assert.equal(format.mainCurrency({ USD: 1, HKD: 2 }), "HKD");
});

test("times that passed, ratios, and changes", () => {
  assert.deepEqual([850, 9_999, 42_000, 185_000, 3_729_000, -4].map(format.elapsed), ["0.8s", "9.9s", "42s", "3:05", "1:02:09", "0.0s"]);
  assert.equal(format.percent(0.0432), "4.3%");
  assert.equal(format.percent(null), "–");
  assert.deepEqual(format.change(90, 100), { sign: -1, text: "10%" });
  assert.equal(format.change(5, 0), null);
});

test("characters are cut as people count them", () => {
  assert.equal(format.clipped("🍊".repeat(25), 20), "🍊".repeat(20));
});
