/** One room, big: the next thing to say, for a minute at most. For the host's own screen. */

import { LONGEST, Prompter, standing, TTL_MS } from "../core/prompter.js";
import { clipped, clock } from "../core/format.js";
import { attribute, el, replace, text, toggle } from "../edge/dom.js";
import { t } from "../words/language.js";

const STANDING = 3;
/** As small as so many characters would be, when there is nothing to say. */
const QUIET = 32;

export function teleprompterView({ hostId }) {
  const prompter = new Prompter();
  const name = el("h1", {});
  const time = el("time", {});
  const line = el("p", { class: "prompt-line", lang: "zh-CN", "aria-live": "assertive" });
  const about = el("p", { class: "prompt-about", lang: "zh-CN" });
  const left = el("div", { class: "prompt-left", "aria-hidden": "true" }, el("span", {}));
  const open = el("ul", { class: "prompt-open", "aria-label": t("prompter.standing"), lang: "zh-CN" });
  const leave = el("a", { class: "prompt-leave", href: `#/host/${encodeURIComponent(hostId)}` }, t("prompter.leave"));
  const element = el(
    "div",
    { class: "prompter" },
    el("header", {}, name, time, leave),
    el("div", { class: "prompt-main" }, about, line, left),
    open,
  );
  let store = null;
  let told = "";

  function tick(nowMs) {
    text(time, clock(nowMs, false));
    if (!store) return;
    const alerts = [...store.alerts.values()].filter((alert) => alert.host_id === hostId);
    const now = prompter.line(alerts, nowMs);
    const words = now?.text ?? t("prompter.idle");
    text(line, words);
    fit(now ? [...words].length : QUIET);
    toggle(element, "speaking", now);
    for (const severity of ["page", "ticket", "info"]) {
      toggle(element, `severity-${severity}`, now?.alert.severity === severity);
    }
    left.style.setProperty("--left", now ? `${Math.max(0, ((now.until_ms - nowMs) / TTL_MS) * 100)}%` : "0%");
    text(about, now ? subject(now.alert) : onShow());
    others(standing(alerts, nowMs).filter((alert) => alert.alert_id !== now?.alert.alert_id));
  }

  /** As large as the screen allows: one line if it is short, else two; on an upright phone more. */
  function fit(characters) {
    line.style.setProperty("--across", Math.max(6, characters > 10 ? Math.ceil(characters / 2) : characters));
    line.style.setProperty("--upright", Math.max(4, Math.ceil(characters / 4)));
  }

  function onShow() {
    const shown = store.cards.get(hostId)?.on_show;
    return shown ? `${t("host.on_show")} ${subject({ ...shown, product_title: shown.title })}` : "";
  }

  function others(alerts) {
    const words = alerts.slice(0, STANDING).map((alert) => clipped(alert.advice.teleprompter, LONGEST));
    if (JSON.stringify(words) === told) return;
    told = JSON.stringify(words);
    replace(open, words.map((each) => el("li", {}, each)));
  }

  return {
    element,
    title: t("prompter.title"),
    hosts: hostId,
    bare: true,
    update(next, nowMs) {
      store = next;
      const card = store.cards.get(hostId);
      text(name, card?.host_name || hostId);
      attribute(name, "title", hostId);
      tick(nowMs);
    },
    tick,
    destroy() {},
  };
}

function subject(alert) {
  const link = alert.link_no === null || alert.link_no === undefined ? "" : `${t("alert.link", { n: alert.link_no })} `;
  return link + (alert.product_title || alert.product_id || "");
}
