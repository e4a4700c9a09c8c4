/** The head of the page: where one is, how fresh it is, and what can be switched. */

import { clock } from "../core/format.js";
import { attribute, el, svg, text } from "../edge/dom.js";
import { remember, remembered } from "../edge/preferences.js";
import { isOn, setSound } from "../edge/sound.js";
import { language, setLanguage, t } from "../words/language.js";

const ROUTES = [
  ["#/", "nav.wall"],
  ["#/rollups", "nav.rollups"],
];
const bright = matchMedia("(prefers-color-scheme: light)");

/** `dark` or `light`: what was chosen, else what the system asks for. */
export function theme() {
  return remembered("theme", bright.matches ? "light" : "dark", ["dark", "light"]);
}

/** Put the theme in force, now and when the system changes. */
export function followTheme() {
  const apply = () => (document.documentElement.dataset.theme = theme());
  bright.addEventListener("change", apply);
  apply();
}

/** Shapes: `{element, update(route), tick(nowMs)}`; `pill` is the freshness. */
export function toolbar(pill) {
  const links = ROUTES.map(([href, words]) => el("a", { href, "data-words": words }));
  const time = el("time", { class: "clock" });
  const sound = el("button", { type: "button", class: "tool tool-sound", on: { click: switchSound } }, svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: "M2 6v4h3l4 3V3L5 6z" }), svg("path", { class: "waves", d: "M11 5.5q2 2.5 0 5M13 3.5q3.5 4.5 0 9" })), el("span", {}));
  const look = el("button", { type: "button", class: "tool tool-theme", on: { click: switchTheme } }, svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("circle", { cx: 8, cy: 8, r: 6 }), svg("path", { d: "M8 2a6 6 0 0 1 0 12z" })));
  const full = el("button", { type: "button", class: "tool tool-full", on: { click: switchScreen } }, svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { class: "stroke", d: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" })));
  const tongue = el("button", { type: "button", class: "tool tool-language", on: { click: () => setLanguage(language() === "zh" ? "en" : "zh") } });
  const brand = el("span", { class: "brand-name" });
  const mark = svg("svg", { class: "brand-mark", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("rect", { x: 2, y: 12, width: 5, height: 10, rx: 1 }), svg("rect", { x: 9.5, y: 6, width: 5, height: 16, rx: 1 }), svg("rect", { class: "mark-top", x: 17, y: 2, width: 5, height: 20, rx: 1 }));
  const nav = el("nav", {}, links);
  const element = el("header", { class: "bar" }, el("div", { class: "brand" }, mark, brand), nav, el("div", { class: "bar-space" }), time, pill, el("div", { class: "tools" }, sound, tongue, look, full));

  async function switchSound() {
    await setSound(!isOn());
    refresh();
  }

  function switchTheme() {
    remember("theme", theme() === "dark" ? "light" : "dark");
    document.documentElement.dataset.theme = theme();
    refresh();
  }

  function switchScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.();
  }

  function refresh() {
    text(sound.lastChild, t(isOn() ? "sound.on" : "sound.off"));
    attribute(sound, "aria-pressed", String(isOn()));
    attribute(sound, "title", t("sound.label"));
    text(tongue, t("language.other"));
    attribute(tongue, "title", t("language.label"));
    attribute(tongue, "lang", language() === "zh" ? "en" : "zh-CN");
    const other = t(theme() === "dark" ? "theme.light" : "theme.dark");
    attribute(look, "aria-label", other);
    attribute(look, "title", other);
    attribute(full, "aria-label", t("screen.full"));
    attribute(full, "title", t("screen.full"));
    text(brand, t("app.title"));
    attribute(nav, "aria-label", t("nav.label"));
    for (const link of links) text(link, t(link.dataset.words));
  }

  return {
    element,
    update(route) {
      refresh();
      for (const link of links) attribute(link, "aria-current", link.getAttribute("href") === route ? "page" : null);
    },
    tick(nowMs) {
      text(time, clock(nowMs));
    },
  };
}
