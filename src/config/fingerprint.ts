import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findFiles } from './files.ts';
import type { SourcePlaces } from './read.ts';

/** What the places of a configuration look like now. */
export interface Fingerprint {
  /** Changes when a file comes, goes or is written. */
  text: string;
  /** Every directory in which that can happen. */
  directories: string[];
}

/** Looks at the files without reading them. Never rejects; a place that is missing looks like one that is missing. */
export async function fingerprintOf(places: SourcePlaces): Promise<Fingerprint> {
  const files: string[] = [];
  const directories = new Set<string>();
  const problems: string[] = [];
  if (places.file !== undefined) {
    files.push(resolve(places.file));
    directories.add(dirname(resolve(places.file)));
  }
  for (const directory of places.directories ?? []) {
    const found = await findFiles(directory);
    files.push(...found.files);
    problems.push(...found.problems.map((problem) => `${problem.file} ${problem.expected}`));
    for (const one of found.directories) directories.add(one);
  }
  const looks: string[] = [];
  for (const file of files) looks.push(await lookOf(file));
  return { text: [...looks, ...problems].join('\n'), directories: [...directories] };
}

async function lookOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${file} ${found.mtimeNs} ${found.size} ${found.ino}` : `${file} missing`;
}
