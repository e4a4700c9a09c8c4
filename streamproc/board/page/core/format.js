/**
 * Numbers and times as people read them. Pure: no DOM, no clock, no language of its own.
 *
 * Money is whole minor units and stays a whole number: BigInt, never a fraction.
 */

const WAN = 10_000n;
const YI = 100_000_000n;
const NOTHING = "–";

/** How many digits of a currency stand behind the point. Source: ISO 4217, as the browser knows it. */
function digitsOf(currency) {
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

/** The whole number as BigInt. Errors: none; what is no whole number is 0. */
export function whole(value) {
  if (typeof value === "bigint") return value;
  return Number.isSafeInteger(value) ? BigInt(value) : 0n;
}

/** The digits of a whole number in groups of three: 1234567 -> "1,234,567". */
function grouped(value) {
  const number = whole(value);
  const digits = String(number < 0n ? -number : number);
  return (number < 0n ? "-" : "") + digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** a / b as a whole number, half away from zero. Shapes: b > 0. */
export function dividedHalfUp(a, b) {
  const magnitude = (2n * (a < 0n ? -a : a) + b) / (2n * b);
  return a < 0n ? -magnitude : magnitude;
}

/** A whole number of 10^-places as decimals: (123456, 2) -> "1,234.56". */
function decimals(value, places) {
  const number = whole(value);
  const unit = 10n ** BigInt(places);
  const magnitude = number < 0n ? -number : number;
  const sign = number < 0n ? "-" : "";
  if (!places) return sign + grouped(magnitude);
  return `${sign}${grouped(magnitude / unit)}.${String(magnitude % unit).padStart(places, "0")}`;
}

/** What stands before an amount: the sign of the yuan, the code of any other currency. */
function symbolOf(currency) {
  return currency === "CNY" ? "¥" : `${currency} `;
}

/** A number with what stands before an amount; the minus first: "-¥1.00". */
function priced(words, currency) {
  return words.startsWith("-") ? `-${symbolOf(currency)}${words.slice(1)}` : symbolOf(currency) + words;
}

/** An amount to the last unit: "¥1,234.56". */
export function exactMoney(minor, currency = "CNY") {
  return priced(decimals(minor, digitsOf(currency)), currency);
}

/**
 * An amount for a glance: to the last unit below 1,000, whole from there on; zh in 万 and 亿 from 10,000 on.
 *
 * Shapes: en groups thousands. What is cut is rounded half away from zero.
 */
export function money(minor, currency = "CNY", language = "zh") {
  const places = digitsOf(currency);
  const unit = 10n ** BigInt(places);
  const amount = whole(minor);
  const magnitude = amount < 0n ? -amount : amount;
  if (magnitude < 1000n * unit) return exactMoney(amount, currency);
  if (language !== "zh" || dividedHalfUp(magnitude, unit) < WAN) return priced(grouped(dividedHalfUp(amount, unit)), currency);
  const hundredths = dividedHalfUp(amount * 100n, WAN * unit);
  const few = hundredths < 0n ? -hundredths : hundredths;
  if (few < WAN * 100n) return `${priced(decimals(hundredths, 2), currency)}万`;
  return `${priced(decimals(dividedHalfUp(amount * 100n, YI * unit), 2), currency)}亿`;
}

/** Without zeros behind the point: "1.40万" -> "1.4万", "2.00" -> "2". */
function trimmed(words) {
  return words.replace(/\.(\d*?)0*(?=$|万|亿)/, (_, kept) => (kept ? `.${kept}` : ""));
}

/** An amount beside an axis: as `money`, without zeros at its end. */
export function axisMoney(minor, currency = "CNY", language = "zh") {
  return trimmed(money(minor, currency, language));
}

/** The currency that an amount is shown in: the yuan if it has any, else the first by code. */
export function mainCurrency(amounts) {
  const codes = Object.keys(amounts ?? {}).sort();
  return codes.includes("CNY") || !codes.length ? "CNY" : codes[0];
}

/** What an object of amounts by currency holds of one. Shapes: a plain number is yuan. */
export function minorOf(amounts, currency = "CNY") {
  if (amounts === null || amounts === undefined) return 0n;
  if (typeof amounts === "object") return whole(amounts[currency] ?? 0);
  return currency === "CNY" ? whole(amounts) : 0n;
}

/** Amounts by currency, all of them. Shapes: null and undefined: nothing is known. */
export function amounts(value, language, exact = false) {
  if (value === null || value === undefined) return NOTHING;
  const codes = Object.keys(value).sort((a, b) => (b === "CNY") - (a === "CNY") || (a < b ? -1 : 1));
  if (!codes.length) return money(0, "CNY", language);
  const one = (code) => (exact ? exactMoney(value[code], code) : money(value[code], code, language));
  return codes.map(one).join(" + ");
}

/** A count, in groups of three. */
export function count(value) {
  return value === null || value === undefined ? NOTHING : grouped(Math.round(value));
}

/** A number that need not be whole: at most so many decimals, without zeros at its end. */
export function number(value, places = 1) {
  if (value === null || value === undefined) return NOTHING;
  if (Number.isInteger(value)) return grouped(value);
  const scaled = Math.round(value * 10 ** places);
  return trimmed(decimals(scaled, places));
}

/** A part of a whole as percent. */
export function percent(ratio) {
  if (ratio === null || ratio === undefined) return NOTHING;
  return `${decimals(Math.round(ratio * 1000), 1)}%`;
}

/** A time that passed: "0.8s", "42s", "3:05", "1:02:09". */
export function elapsed(ms) {
  const span = Math.max(0, ms);
  if (span < 10_000) return `${decimals(Math.floor(span / 100), 1)}s`;
  const seconds = Math.floor(span / 1000);
  if (seconds < 60) return `${seconds}s`;
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A time of day in the reader's own zone: "20:31:07", without seconds "20:31". */
export function clock(ms, seconds = true) {
  if (!ms) return NOTHING;
  const at = new Date(ms);
  const parts = [at.getHours(), at.getMinutes(), ...(seconds ? [at.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** A change from one amount to the next, as a sign and percent; null: nothing to compare with. */
export function change(now, before) {
  const [a, b] = [whole(now), whole(before)];
  if (b <= 0n) return null;
  const permille = dividedHalfUp((a - b) * 1000n, b);
  const rounded = dividedHalfUp(permille, 10n);
  return { sign: rounded > 0n ? 1 : rounded < 0n ? -1 : 0, text: `${grouped(rounded < 0n ? -rounded : rounded)}%` };
}

/** The first so many characters, as people count them. */
export function clipped(text, most) {
  const characters = [...(text ?? "")];
  return characters.length <= most ? characters.join("") : characters.slice(0, most).join("");
}
