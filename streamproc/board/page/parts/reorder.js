/** Rows that glide to their new place. */

const DURATION_MS = 480;

/** Whether the reader asked for less motion. */
function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Run `change`, which moves rows, and let each row that moved glide from where it stood.
 *
 * Only what is in sight glides; without motion it all just stands where it belongs.
 */
export function glide(rows, change) {
  if (isStill() || document.hidden) {
    change();
    return;
  }
  const before = new Map(rows.map((row) => [row, row.isConnected ? row.getBoundingClientRect().top : null]));
  change();
  for (const [row, was] of before) {
    if (was === null || !row.isConnected) continue;
    const now = row.getBoundingClientRect().top;
    const away = Math.min(was, now) > innerHeight || Math.max(was, now) < 0;
    if (was === now || away) continue;
    row.animate([{ transform: `translateY(${was - now}px)` }, { transform: "none" }], {
      duration: DURATION_MS,
      easing: "cubic-bezier(0.2, 0.8, 0.2, 1)",
    });
  }
}
