// Installs the libraries when they are missing or the lock file has changed since. Uses nothing but Node itself.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const mark = join(root, 'node_modules', '.tocsin-installed');

/** Node versions older than this lack what we build on. */
const OLDEST = [20, 19];

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  console.error(`Tocsin needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a step with a line that tells how long it takes; its output is shown only when it fails. */
export async function step(title, command, args) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const show = (text) => process.stdout.write(process.stdout.isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
  show(`  … ${title}`);
  const tick = process.stdout.isTTY
    ? setInterval(() => show(`  … ${title} (${seconds()} s)`), 1000)
    : undefined;
  const output = [];
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output.push(Buffer.from(error.message));
      resolve(1);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
  clearInterval(tick);
  show(`  ${code === 0 ? '✓' : '✗'} ${title} (${seconds()} s)`);
  if (process.stdout.isTTY) process.stdout.write('\n');
  if (code === 0) return;
  process.stderr.write(`\n${Buffer.concat(output)}\n${title} failed: ${command} ${args.join(' ')}\n`);
  process.exit(1);
}

export async function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const wanted = `${lock} node ${process.versions.modules}\n`;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  await step('installing libraries', 'npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(mark, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  requireNode();
  await install();
}
