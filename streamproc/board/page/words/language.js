/** The words of the page, in the language that was chosen. */

import { remember, remembered } from "../edge/preferences.js";
import { en } from "./en.js";
import { enNames } from "./en_names.js";
import { zh } from "./zh.js";
import { zhNames } from "./zh_names.js";

const WORDS = { zh: { ...zh, ...zhNames }, en: { ...en, ...enNames } };
const TAGS = { zh: "zh-CN", en: "en" };
const listeners = new Set();
let chosen = remembered("language", preferred(), ["zh", "en"]);

function preferred() {
  const asked = globalThis.navigator?.languages ?? ["zh"];
  const first = asked.find((tag) => /^(zh|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith("en") ? "en" : "zh";
}

/** `zh` or `en`. */
export function language() {
  return chosen;
}

export function setLanguage(value) {
  chosen = value;
  remember("language", value);
  document.documentElement.lang = TAGS[value];
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.add(listener);
}

/** The words of that key, `{name}` replaced. Shapes: a key that nobody knows stands for itself. */
export function t(key, values = {}) {
  const words = WORDS[chosen][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Whether there are words for that key. */
export function has(key) {
  return key in WORDS[chosen];
}

let figures = new Map();
let kinds = new Map();

/** Take the registry of figures and alerts, which names them in both languages. */
export function define(definitions) {
  figures = new Map((definitions.figures ?? []).map((figure) => [figure.id, figure]));
  kinds = new Map((definitions.alerts ?? []).map((alert) => [alert.kind, alert]));
}

export function definitionOf(id) {
  return figures.get(id);
}

export function definedFigures() {
  return [...figures.values()];
}

/** What a figure is called: as the page says it, else as the registry does. */
export function figureName(id) {
  if (has(`figure.${id}`)) return t(`figure.${id}`);
  return capital(figures.get(id)?.[chosen] ?? id);
}

function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a kind of alert is called. */
export function kindName(kind) {
  return kinds.get(kind)?.[chosen] ?? kind;
}

/** Words for an id out of a set that may grow: its own words, else the id as it is. */
export function named(group, id) {
  return has(`${group}.${id}`) ? t(`${group}.${id}`) : String(id);
}
