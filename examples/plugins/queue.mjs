// A check that runs in the agent's process: how many files wait in a spool folder.
import { readdir } from 'node:fs/promises';
import {
  defineCheck,
  perfdata,
  rangeOption,
  readThresholds,
  severityOf,
  statusFor,
  Type,
} from 'tocsin/plugin';

export const queue = defineCheck({
  name: 'queue',
  options: Type.Object({
    folder: Type.String({ minLength: 1, expected: 'the path of a folder' }),
    warning: Type.Optional(rangeOption()),
    critical: Type.Optional(rangeOption()),
  }),
  async run({ folder, warning = 100, critical = 1000 }) {
    const waiting = (await readdir(folder)).length;
    const thresholds = readThresholds({ warning, critical });
    const status = statusFor(waiting, thresholds);
    const measured = perfdata([{ label: 'waiting', value: waiting, ...thresholds, min: 0 }]);
    const output = `QUEUE ${severityOf(status).toUpperCase()}: ${waiting} waiting in ${folder} | ${measured}`;
    return status === 0 ? { status, output } : { status, output, fault: 'target' };
  },
});
