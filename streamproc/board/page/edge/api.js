/** Questions to the board's API. Errors: `ApiError`, which says what went wrong in words. */

import { learnClock } from "./clock.js";

const ROOT = "/api/v1";
const PATIENCE_MS = 10_000;

/** What the API answered instead of an answer. Shapes: `status` 0: no answer at all. */
class ApiError extends Error {
  constructor(status, title, detail = "") {
    super(detail ? `${title}: ${detail}` : title);
    this.status = status;
  }
}

async function asked(path, options = {}) {
  const begun = performance.now();
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch (error) {
    throw new ApiError(0, error.name === "TimeoutError" ? "timeout" : "unreachable");
  }
  learnClock(answer.headers.get("date"), begun, performance.now());
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** The error that a refused request is. */
export async function refusal(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // no JSON: the status has to do
  }
  return new ApiError(answer.status, String(problem?.title ?? answer.statusText), String(problem?.detail ?? ""));
}

async function got(path) {
  return (await asked(path)).json();
}

function posted(path, body) {
  return asked(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

const part = encodeURIComponent;

export const api = {
  session: () => got("/session"),
  health: () => got("/health"),
  host: (id) => got(`/hosts/${part(id)}`),
  curve: (id, session) => got(`/hosts/${part(id)}/curve?session_id=${part(session)}`),
  rollups: (level) => got(`/rollups/${part(level)}`),
  definitions: () => got("/definitions"),
  judge: (alertId, body) => posted(`/alerts/${part(alertId)}/verdict`, body),
  logIn: (token) => posted("/session", { token }),
};

export const STREAM = `${ROOT}/stream`;
