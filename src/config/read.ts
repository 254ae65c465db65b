import { resolve } from 'node:path';
import { findFiles, MOST_FILES, readText } from './files.ts';
import type { ConfigProblem, ConfigWarning } from './problem.ts';
import { parseSource, type Source } from './source.ts';

/** Where configuration is read from. */
export interface SourcePlaces {
  /** The file of `-c`; that it is missing is no mistake. */
  file?: string | undefined;
  /** The directories of `-d`, in the order given. */
  directories?: readonly string[] | undefined;
}

/** The files that were read, in the order in which they are merged. */
export interface ReadSources {
  sources: Source[];
  problems: ConfigProblem[];
  warnings: ConfigWarning[];
}

/** Most characters of all files together. */
const MOST_CHARACTERS = 128 * 1024 * 1024;

/** Reads the file, then every directory. Never throws. */
export async function readSources(places: SourcePlaces): Promise<ReadSources> {
  const read: ReadSources = { sources: [], problems: [], warnings: [] };
  const taken = new Set<string>();
  let room = MOST_CHARACTERS;
  const take = async (file: string, mayBeAbsent: boolean): Promise<void> => {
    if (taken.has(file) || room < 0) return;
    taken.add(file);
    room -= await readSource(file, mayBeAbsent, read);
    if (taken.size > MOST_FILES) room = -1;
    if (room < 0) read.problems.push(tooMuch(file));
  };
  if (places.file !== undefined) await take(resolve(places.file), true);
  for (const directory of places.directories ?? []) {
    const { files, problems } = await findFiles(directory);
    read.problems.push(...problems);
    for (const file of files) await take(file, false);
  }
  return read;
}

/** Adds what the file holds; resolves with how long its text is. */
async function readSource(file: string, mayBeAbsent: boolean, read: ReadSources): Promise<number> {
  const found = await readText(file);
  if (found.text === undefined) {
    if (mayBeAbsent && found.absent) read.warnings.push(absent(found.problem));
    else read.problems.push(found.problem);
    return 0;
  }
  if (found.warning) read.warnings.push(found.warning);
  const { source, problems, warnings } = parseSource(file, found.text);
  if (source) read.sources.push(source);
  read.problems.push(...problems);
  read.warnings.push(...warnings);
  return found.text.length;
}

function absent(problem: ConfigProblem): ConfigWarning {
  const { file, found } = problem;
  return {
    file,
    line: null,
    path: '',
    message: `the configuration file cannot be read and is left out: ${found}`,
  };
}

function tooMuch(file: string): ConfigProblem {
  const expected = `at most ${MOST_FILES} files with ${MOST_CHARACTERS} characters in all of them together`;
  return { file, line: null, path: '', expected, found: 'more; this file and those behind it' };
}
