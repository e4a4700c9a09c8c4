/** Ask for a token, once the API wants one. */

import { api } from "../edge/api.js";
import { el, text } from "../edge/dom.js";
import { named, t } from "../words/language.js";

/** Shapes: `done` is called when the board took the token. */
export function loginView({ done }) {
  const token = el("input", { id: "token", name: "token", type: "password", autocomplete: "current-password", required: true, spellcheck: "false" });
  const enter = el("button", { type: "submit", class: "primary" }, t("login.enter"));
  const told = el("p", { class: "login-told", role: "alert" });
  const form = el(
    "form",
    { class: "login panel", on: { submit: send } },
    el("h1", {}, t("login.title")),
    el("label", { for: "token" }, t("login.token")),
    token,
    enter,
    told,
    el("p", { class: "hint" }, t("login.hint")),
  );

  async function send(event) {
    event.preventDefault();
    enter.disabled = true;
    text(told, "");
    try {
      await api.logIn(token.value.trim());
      token.value = "";
      done();
    } catch (error) {
      const refused = error.status === 401 || error.status === 403;
      text(told, refused ? t("login.refused") : t("login.failed", { why: named("error", error.message) }));
      token.select();
    }
    enter.disabled = false;
  }

  return {
    element: el("div", { class: "page login-page" }, form),
    title: t("login.title"),
    hosts: null,
    focus: () => token.focus(),
    update() {},
    tick() {},
    destroy() {},
  };
}
