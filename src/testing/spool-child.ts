/** Writes results to a spool until it is ended, and says the number of each that is on disk: `node … FOLDER`. */
import { openSpool } from '../agent/index.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createLog } from '../runtime/system/log.ts';
import { systemRandom } from '../runtime/system/random.ts';

const log = createLog({ level: 'error', destination: 2 });
const spool = await openSpool({
  folder: process.argv[2] ?? '',
  mostBytes: 1e9,
  clock: systemClock,
  random: systemRandom,
  log,
});
for (let number = 1; number <= 20_000; number++) {
  const check = {
    name: `check-${number % 7}`,
    status: 0,
    output: 'x'.repeat(number % 300),
    executed: number,
  };
  const id = { agent: 'i-42', boot: 'b', number };
  const keeping = await spool.add({ id, body: { client: 'i-42', check } });
  process.stdout.write(`${keeping?.on} ${number}\n`);
  // Its reader is to be heard.
  if (keeping?.on === 'memory') await new Promise((resolve) => setTimeout(resolve, 20));
}
