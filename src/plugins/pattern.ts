/**
 * True when `text` fits `pattern`, in which `*` stands for any characters, none included, and all others for
 * themselves. Goes back to the last `*` only, so the time is at most the product of both lengths.
 */
export function fitsPattern(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let read = 0;
  while (read < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = read;
    } else if (at < pattern.length && pattern[at] === text[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
