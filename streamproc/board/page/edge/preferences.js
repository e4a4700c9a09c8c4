/** What this browser remembers: language, theme, sound, measure. Works without storage, too. */

const PREFIX = "streamproc.board.";
const unstored = new Map();

export function remembered(name, otherwise, allowed = null) {
  let value = unstored.get(name) ?? null;
  try {
    value = localStorage.getItem(PREFIX + name) ?? value;
  } catch {
    // storage is switched off: what was chosen holds until the page is closed
  }
  if (value === null || (allowed && !allowed.includes(value))) return otherwise;
  return value;
}

export function remember(name, value) {
  unstored.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // as above
  }
}
