// `npm start`: from a fresh clone to a monitored machine. Installs, builds, and runs `tocsin up` on the quick start.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install, requireNode, step } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist', '.built');

/** When the newest file below a folder was changed. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

requireNode();
await install();
if (!existsSync(built) || newest(join(root, 'src')) > statSync(built).mtimeMs) {
  await step('building', 'npm', ['run', 'build']);
  writeFileSync(built, '');
}

const main = join(root, 'dist', 'cli', 'main.js');
const example = join(root, 'examples', 'quickstart');
process.chdir(root);
process.argv = [
  process.argv[0],
  main,
  'up',
  '--config-dir',
  example,
  '--quick-start',
  ...process.argv.slice(2),
];
await import(pathToFileURL(main).href);
