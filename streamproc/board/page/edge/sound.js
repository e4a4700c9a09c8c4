/**
 * Two soft tones for a new page. Off until somebody switches it on: browsers ask for a gesture, and a
 * room on air must not be surprised by a loudspeaker.
 */

import { remember, remembered } from "./preferences.js";

const TONES = [
  { hz: 880, atS: 0 },
  { hz: 660, atS: 0.18 },
];
const LOUDNESS = 0.16;
const LEAST_APART_MS = 4_000;

let context = null;
let lastMs = -Infinity;

/** Whether sound is wanted. */
export function isOn() {
  return remembered("sound", "off") === "on";
}

/** Switch it; called from a click or a key, so the browser lets it sound. */
export async function setSound(on) {
  remember("sound", on ? "on" : "off");
  if (!on) return;
  await unlocked();
  chime(true);
}

/** Make it ready, if it is wanted; called at the first gesture after loading. */
export async function unlocked() {
  if (!isOn() || !("AudioContext" in globalThis)) return;
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
}

/** Sound the tones, unless muted or just heard. Shapes: whether they sounded. */
export function chime(always = false) {
  const now = performance.now();
  if (!isOn() || context?.state !== "running" || (!always && now - lastMs < LEAST_APART_MS)) return false;
  lastMs = now;
  for (const { hz, atS } of TONES) tone(hz, context.currentTime + atS);
  return true;
}

function tone(hz, at) {
  const oscillator = context.createOscillator();
  const loudness = context.createGain();
  oscillator.frequency.value = hz;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.32);
  oscillator.connect(loudness).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.34);
}
