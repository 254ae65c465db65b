/** Longest text that is compared; what is longer is no slip of the finger. */
const LONGEST = 64;

/** The known name that `name` is most likely a misspelling of, if any is near enough. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const reach = name.length <= 5 ? 1 : 2;
  let nearest: string | undefined;
  let least = reach + 1;
  for (const candidate of known) {
    if (candidate === name || Math.abs(candidate.length - name.length) > reach) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= reach && distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** So many of the known names, those first that need the fewest changes to become `name`. */
export function nearestNames(name: string, known: Iterable<string>, most: number): string[] {
  const wanted = name.slice(0, LONGEST).toLowerCase();
  return Array.from(known, (one) => ({ one, distance: editDistance(wanted, one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ one }) => one);
}

/**
 * How many letters have to be added, dropped, exchanged or swapped with their neighbour to make one text of the
 * other (optimal string alignment; Damerau, "A technique for computer detection and correction of spelling
 * errors", 1964).
 */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const steps = [at(line, column - 1) + 1, at(last, column) + 1, at(last, column - 1) + (same ? 0 : 1)];
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        steps.push(at(before, column - 2) + 1);
      }
      line.push(Math.min(...steps));
    }
    before = last;
    last = line;
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
