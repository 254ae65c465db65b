/** What a pattern of names may hold: what names hold, and `*` for any part of one. */
export const NAME_GLOB = '^[A-Za-z0-9_.*-]{1,255}$';

/** True when a whole name fits one of the patterns. */
export function fitsAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => fits(name, pattern));
}

/**
 * Compares part by part, each at the first place where it stands; with fixed parts at both ends that finds a fit
 * whenever there is one, in time that grows with the length alone.
 */
function fits(name: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
