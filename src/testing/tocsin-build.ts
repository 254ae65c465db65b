import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Path of the command line to be run by Node: what was built if it is newer than its source, else the source as it is
 * now, built into a folder that does not exist yet and is the caller's to remove.
 */
export function commandLine(folder: string): string {
  const built = join(ROOT, 'dist', 'cli', 'main.js');
  return changed(built) > newestIn(join(ROOT, 'src')) ? built : build(folder);
}

/** Builds Tocsin in a folder, without looking at types, which takes about a second. */
function build(folder: string): string {
  mkdirSync(folder);
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const flags = ['--noCheck', '--declaration', 'false', '--outDir', join(folder, 'dist')];
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsgo');
  const { status, stdout } = spawnSync(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), ...flags]);
  if (status !== 0) throw new Error(`tsgo could not build Tocsin:\n${stdout}`);
  return join(folder, 'dist', 'cli', 'main.js');
}

function newestIn(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    if (entry.isDirectory()) return newestIn(join(folder, entry.name));
    return entry.name.endsWith('.test.ts') ? 0 : changed(join(folder, entry.name));
  });
  return Math.max(changed(folder), ...times);
}

/** Milliseconds; 0 when there is no such file. */
function changed(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
