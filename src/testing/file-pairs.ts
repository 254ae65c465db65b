import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text as some tool or kernel wrote it, and what it is expected to mean. */
export interface FilePair {
  name: string;
  text: string;
  expected: unknown;
}

/** The pairs `<name>.txt` and `<name>.json` in a folder; throws when there are none or a partner is missing. */
export function filePairs(folder: string): FilePair[] {
  const names = readdirSync(folder).sort();
  const texts = names.filter((name) => name.endsWith('.txt')).map((name) => name.slice(0, -'.txt'.length));
  if (texts.length === 0 || names.length !== 2 * texts.length) {
    throw new Error(`${folder} has to hold pairs of NAME.txt and NAME.json, and holds ${names.join(', ')}`);
  }
  return texts.map((name) => ({
    name,
    text: readFileSync(join(folder, `${name}.txt`), 'utf8'),
    expected: JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as unknown,
  }));
}
