/** Where the address says one is. Pure. */

/** The view that a hash names. Shapes: `{name, hostId?}`; name is wall, rollups, host, teleprompter or unknown. */
export function route(hash) {
  const [first = "", second, ...rest] = hash.replace(/^#?\/?/, "").split("/");
  if (rest.length) return { name: "unknown" };
  if (second === undefined) return { name: { "": "wall", rollups: "rollups" }[first] ?? "unknown" };
  const hostId = decoded(second);
  const known = (first === "host" || first === "teleprompter") && hostId;
  return known ? { name: first, hostId } : { name: "unknown" };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
