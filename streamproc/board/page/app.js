/** The page: puts the feed, the views and the head together. */

import { Announcer } from "./core/alerting.js";
import { route } from "./core/route.js";
import { api } from "./edge/api.js";
import { nowMs } from "./edge/clock.js";
import { el, replace, text } from "./edge/dom.js";
import { chime, unlocked } from "./edge/sound.js";
import { Feed } from "./feed.js";
import { title as alertTitle } from "./parts/alert_card.js";
import { freshnessParts } from "./parts/freshness_pill.js";
import { followTheme, toolbar } from "./parts/toolbar.js";
import { hostView } from "./views/host.js";
import { loginView } from "./views/login.js";
import { rollupsView } from "./views/rollups.js";
import { teleprompterView } from "./views/teleprompter.js";
import { wallView } from "./views/wall.js";
import { define, language, onLanguage, setLanguage, t } from "./words/language.js";

const TICK_MS = 500;
const VIEWS = { wall: wallView, host: hostView, rollups: rollupsView, teleprompter: teleprompterView };

const main = document.querySelector("main");
const skip = document.querySelector(".skip");
const announcements = document.querySelector("#announcements");
const announcer = new Announcer();
const feed = new Feed({ changed, refused });
const fresh = freshnessParts(() => feed.retry());
const head = toolbar(fresh.pill);
let view = null;
let shown = "";
/** Who reads, as the board knows the token. */
let reader = { scope: "operate", host_id: null, may_judge: true };

function judge(alert, body) {
  return api.judge(alert.alert_id, body);
}

function lostView() {
  const element = el("div", { class: "page" }, el("p", { class: "empty" }, t("error.lost_page"), " ", el("a", { href: "#/" }, t("host.back"))));
  return { element, title: t("error.title"), hosts: null, update() {}, tick() {}, destroy() {} };
}

function open(next) {
  view?.destroy();
  view = next;
  document.body.className = view.bare ? "bare" : "";
  replace(main, view.element);
  feed.watch(view.hosts);
  view.update(feed.store, nowMs());
  tick();
  named();
}

function navigate(moved = true) {
  let { name, hostId } = route(location.hash);
  if (reader.scope === "room" && hostId !== reader.host_id) [name, hostId] = ["host", reader.host_id];
  shown = name;
  open((VIEWS[name] ?? lostView)({ hostId, judge: reader.may_judge ? judge : null }));
  head.update(name === "wall" ? "#/" : location.hash);
  if (!moved) return;
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function named() {
  document.title = `${view.title} · ${t("app.title")}`;
  text(skip, t("app.skip"));
}

function changed(store) {
  if (!store.settling) announce(store);
  view.update(store, nowMs());
}

function announce(store) {
  const pages = announcer.fresh(store.alerts.values(), nowMs());
  if (!pages.length) return;
  const words = (alert) =>
    t("alerts.new", { kind: alertTitle(alert), host: alert.host_name || alert.host_id, advice: alert.advice?.[language()] ?? "" });
  text(announcements, pages.map(words).join(" "));
  chime();
}

function refused(error) {
  if (error.status === 403 || shown === "login") return;
  shown = "login";
  open(loginView({ done: learn }));
  view.focus();
}

/** Who reads, and the names of figures and kinds; asked again until they are known. */
async function learn() {
  try {
    const [session, definitions] = await Promise.all([api.session(), api.definitions()]);
    reader = session;
    document.documentElement.dataset.scope = reader.scope;
    define(definitions);
    navigate(false);
  } catch (error) {
    if (error.status === 401) refused(error);
    else setTimeout(learn, 3_000);
  }
}

function tick() {
  const now = nowMs();
  head.tick(now);
  fresh.show(view.hosts === null ? null : feed.freshness());
  view.tick(now, feed.troubles());
  named();
}

function wake() {
  unlocked();
}

followTheme();
setLanguage(language());
document.body.prepend(skip, head.element, fresh.banner);
for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { once: true });
addEventListener("hashchange", () => navigate());
skip.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
onLanguage(() => (shown === "login" ? refusedAgain() : navigate(false)));
navigate(false);
learn();
setInterval(tick, TICK_MS);

function refusedAgain() {
  shown = "";
  refused({ status: 401 });
  head.update("");
}
