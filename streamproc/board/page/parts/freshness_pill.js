/** How old the data is: a word and an age in the head of the page, and a banner when it matters. */

import { elapsed } from "../core/format.js";
import { attribute, el, text, toggle } from "../edge/dom.js";
import { t } from "../words/language.js";

/** Shapes: `{pill, banner, show(freshness)}`; null: nothing is shown that has an age. `retry` connects at once. */
export function freshnessParts(retry) {
  const word = el("span", { class: "fresh-word" });
  const age = el("span", { class: "fresh-age" });
  const pill = el("div", { class: "fresh" }, el("span", { class: "fresh-dot", "aria-hidden": "true" }), word, age);
  const said = el("p", { role: "status" });
  const since = el("p", { class: "banner-age", "aria-hidden": "true" }); // it moves each second: for the eye alone
  const again = el("button", { type: "button", on: { click: retry } });
  const banner = el("div", { class: "banner", hidden: true }, said, since, again);

  return {
    pill,
    banner,
    show(known) {
      pill.hidden = !known;
      known ??= { state: "waiting", reason: "", ageMs: null };
      text(word, t(`fresh.${known.state}`));
      text(age, known.ageMs === null ? "" : t("fresh.age", { age: elapsed(known.ageMs) }));
      attribute(pill, "title", t("fresh.label"));
      pill.dataset.state = known.state;
      const old = known.state === "lost" || known.state === "stale";
      const bad = old || known.state === "partly";
      const never = known.state === "lost" && known.ageMs === null;
      toggle(document.documentElement, "is-old", old && !never);
      banner.dataset.state = known.state;
      banner.hidden = !bad;
      again.hidden = known.state !== "lost";
      text(again, t("banner.retry"));
      const reason = known.state === "lost" ? (never ? "lost_never" : "lost") : known.reason;
      text(said, bad ? t(`banner.${reason}`) : "");
      text(since, old && !never ? t("banner.age", { age: elapsed(Math.floor(known.ageMs / 1000) * 1000) }) : "");
    },
  };
}
