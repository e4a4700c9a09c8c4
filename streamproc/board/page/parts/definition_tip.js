/** What a figure means, shown while its name is pointed at or has the focus. */

import { el, replace } from "../edge/dom.js";
import { definitionOf, figureName, t } from "../words/language.js";

const MARGIN = 8;
const tip = el("div", { class: "tip", role: "tooltip", id: "definition", hidden: true });
let owner = null;

function show(anchor, id) {
  const definition = definitionOf(id);
  if (!definition) return;
  if (!tip.isConnected) document.body.append(tip);
  owner = anchor;
  replace(
    tip,
    el("strong", {}, figureName(id)),
    el("code", {}, id),
    el("p", {}, definition.formula),
    (definition.traps ?? []).map((trap) => el("p", { class: "trap" }, `${t("figure.trap")}: ${trap}`)),
  );
  tip.hidden = false;
  anchor.setAttribute("aria-describedby", tip.id);
  place();
}

function place() {
  if (!owner?.isConnected) return;
  const at = owner.getBoundingClientRect();
  const below = at.bottom + MARGIN + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(MARGIN, Math.min(at.left, innerWidth - tip.offsetWidth - MARGIN))}px`;
  tip.style.top = `${below ? at.bottom + MARGIN / 2 : Math.max(MARGIN, at.top - tip.offsetHeight - MARGIN / 2)}px`;
}

/** Put it away; also when its page goes. */
export function hideTip() {
  tip.hidden = true;
  owner?.removeAttribute("aria-describedby");
  owner = null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideTip();
});
document.addEventListener("scroll", place, { capture: true, passive: true });

/** A name that explains itself. */
export function defined(id, words) {
  const button = el("button", { type: "button", class: "defined" }, words);
  for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => show(button, id));
  for (const name of ["pointerleave", "blur"]) button.addEventListener(name, hideTip);
  return button;
}
