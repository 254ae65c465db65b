import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { defineCheck, parseRange, type Range, rangeOption, type Static, statusFor, Type } from '../plugin.ts';
import { rounded } from './amounts.ts';
import { attempt, found } from './outcome.ts';
import { kernelText, notHere } from './proc.ts';

/** Averages of the last minute, five and fifteen minutes. */
export type LoadAverages = [one: number, five: number, fifteen: number];

const MINUTES = [1, 5, 15] as const;
/** Per core: what a machine may bear for a minute, five and fifteen. */
const WARNING = [3, 2.5, 2];
const CRITICAL = [4, 3.5, 3];

const limits = (description: string) =>
  Type.Optional(
    Type.Union([rangeOption(), Type.Array(rangeOption(), { minItems: 3, maxItems: 3 })], {
      expected: 'a range, or an array of three: for 1, 5 and 15 minutes',
      description,
    }),
  );

const options = Type.Object(
  {
    warning: limits('Load that is a warning. Default: 3, 2.5 and 2 per core.'),
    critical: limits('Load that is critical. Default: 4, 3.5 and 3 per core.'),
    per_core: Type.Optional(
      Type.Boolean({
        expected: 'true or false',
        description: 'Compare the load divided by the number of cores. Default: true.',
      }),
    ),
  },
  { additionalProperties: false, expected: 'an object with the options of "load"' },
);

/** Checks the load averages of this machine, per core unless told otherwise. */
export const load = defineCheck({
  name: 'load',
  options,
  run: (written) =>
    attempt('LOAD', async () => {
      const averages = await readLoad();
      return outcomeOf(averages, Math.max(cpus().length, 1), written);
    }),
});

/** The load averages, from the proc file system or else from the system's own call (which Windows lacks). */
export async function readLoad(proc = '/proc', platform: string = process.platform): Promise<LoadAverages> {
  const path = join(proc, 'loadavg');
  const text = await kernelText(path);
  if (text !== undefined) return parseLoad(text);
  if (platform === 'win32' || platform === 'linux') throw notHere('the load', path);
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return [one, five, fifteen];
}

/** The averages that a text like `0.20 0.06 0.01 2/97 5422` begins with (Linux manual, proc_loadavg(5)). */
export function parseLoad(text: string): LoadAverages {
  const match = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)\s/.exec(text);
  if (!match) throw new Error(`this is not what /proc/loadavg holds: ${JSON.stringify(text.slice(0, 60))}`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** What these averages mean by these options, on so many cores. */
export function outcomeOf(averages: LoadAverages, cores: number, written: Static<typeof options>) {
  const perCore = written.per_core ?? true;
  const scale = perCore ? 1 : cores;
  const warning = rangesOf(written.warning ?? WARNING.map((limit) => limit * scale));
  const critical = rangesOf(written.critical ?? CRITICAL.map((limit) => limit * scale));
  const divided = averages.map((average) => rounded(average / cores, 2));
  const measured = (perCore ? divided : averages).map((value, index) => ({
    label: `load${MINUTES[index]}`,
    value,
    warning: warning[index],
    critical: critical[index],
    min: 0,
  }));
  const status = Math.max(...measured.map((item) => statusFor(item.value, item)));
  const text = `${averages.join(', ')} on ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return found('LOAD', status, perCore ? `${text}, ${divided.join(', ')} per core` : text, measured);
}

function rangesOf(written: string | number | (string | number)[]): Range[] {
  return (Array.isArray(written) ? written : MINUTES.map(() => written)).map((range) => parseRange(range));
}
