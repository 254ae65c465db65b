import { afterAll, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../../src/testing/random.ts';
import { Workplace } from '../../src/testing/tocsin-process.ts';
import { killProcesses } from './kill-processes.ts';

/** TOCSIN_SEED repeats a run. */
const SEED = Number(process.env['TOCSIN_SEED'] ?? Date.now() % 1_000_000);
/** Each takes some seconds, so there are few of them in an ordinary run and fifty in a soak. */
const KILLS = RANDOM_INPUTS > 500 ? 50 : 5;

const LONGEST_MS = 240_000 + KILLS * 20_000;

const place = new Workplace();
afterAll(() => place.close(), 60_000);

it(
  `loses nothing that was acknowledged when server and agent are killed ${KILLS} times (seed ${SEED})`,
  async () => {
    await killProcesses(place, SEED, KILLS);
    expect(place.living()).toEqual([]);
  },
  LONGEST_MS,
);
