// `npm run soak`: what runs short in `npm test` runs long here: every property on 10,000 random inputs, with one seed that
// a later run can repeat (TOCSIN_SEED), and tests with real processes, which kill, cut and wait more often. Writes how it
// ended to `bench/soak.json`, with what those tests noted (TOCSIN_FIGURES).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, requireNode } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inputs = process.env.TOCSIN_RANDOM_INPUTS ?? '10000';
const seed = process.env.TOCSIN_SEED ?? String(Date.now() % 1_000_000);
const TIMEOUT_MS = 3_600_000;

requireNode();
await install();
const files = execFileSync(
  'git',
  ['grep', '-l', 'RANDOM_INPUTS', '--', 'src/**/*.test.ts', 'test/**/*.test.ts'],
  {
    cwd: root,
    encoding: 'utf8',
  },
).split('\n');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-soak-'));
const report = join(folder, 'report.json');
const noted = join(folder, 'figures');
const begun = Date.now();
const { status } = spawnSync(
  join(root, 'node_modules/.bin/vitest'),
  [
    'run',
    ...files.filter((file) => file !== ''),
    ...process.argv.slice(2),
    `--testTimeout=${TIMEOUT_MS}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TOCSIN_RANDOM_INPUTS: inputs, TOCSIN_SEED: seed, TOCSIN_FIGURES: noted },
  },
);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
const lines = existsSync(noted) ? readFileSync(noted, 'utf8').trimEnd().split('\n') : [];
rmSync(folder, { recursive: true, force: true });
const figures = {
  inputs: Number(inputs),
  seed: Number(seed),
  files: testResults.length,
  passed: numPassedTests,
  failed: numFailedTests,
  minutes: Math.round((Date.now() - begun) / 6000) / 10,
  node: process.version,
  processors: availableParallelism(),
  noted: lines.map((line) => JSON.parse(line)),
};
writeFileSync(join(root, 'bench/soak.json'), `${JSON.stringify(figures, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exitCode = status ?? 1;
