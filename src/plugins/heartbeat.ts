import {
  type CallIn,
  type CheckOutcome,
  defineCheck,
  type PerfdataItem,
  parseRange,
  Type,
} from '../plugin.ts';
import { found } from './outcome.ts';

const Options = Type.Object({
  every: Type.Number({
    exclusiveMinimum: 0,
    expected: 'a number of seconds above 0',
    description: 'Seconds between two calls.',
  }),
  grace: Type.Optional(
    Type.Number({
      minimum: 0,
      default: 0,
      expected: 'a number of seconds',
      description: 'Seconds that a call may be late.',
    }),
  ),
});

/** Waits to be called: a job or device that calls in under the check's name is well as long as it does so in time. */
export const heartbeat = defineCheck({
  name: 'heartbeat',
  options: Options,
  run: async ({ every, grace = 0 }, { calledIn, check }) => {
    const { last, sinceMs } = calledIn(check.name);
    return last ? judge(last, every + grace) : judgeSilence(sinceMs, every + grace);
  },
});

function judge(last: CallIn, limit: number): CheckOutcome {
  const age = Math.floor(last.ageMs / 1000);
  const items = [ageItem(age, limit)];
  const called = `called in ${durationText(age)} ago`;
  if (last.ageMs > limit * 1000) {
    return found('HEARTBEAT', 2, `last ${called}, expected within ${durationText(limit)}`, items);
  }
  // What it said of itself is the result.
  if (last.output !== '') return outcomeOf(last.status, last.output);
  return found(
    'HEARTBEAT',
    last.status,
    last.status === 0 ? called : `${called} with status ${last.status}`,
    items,
  );
}

function outcomeOf(status: number, output: string): CheckOutcome {
  return status === 0 ? { status, output } : { status, output, fault: 'target' };
}

function judgeSilence(sinceMs: number, limit: number): CheckOutcome {
  const age = Math.floor(sinceMs / 1000);
  const items = [ageItem(age, limit)];
  const listened = `no call in ${durationText(age)} of listening`;
  return sinceMs > limit * 1000
    ? found('HEARTBEAT', 2, `${listened}, expected within ${durationText(limit)}`, items)
    : found('HEARTBEAT', 0, `${listened}, waiting for the first`, items);
}

function ageItem(age: number, limit: number): PerfdataItem {
  return { label: 'age', value: age, unit: 's', critical: parseRange(limit) };
}

/** Seconds in the two largest units that say something: `90 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
