import { readFile } from 'node:fs/promises';
import {
  defineCheck,
  errorText,
  type PerfdataItem,
  rangeOption,
  readThresholds,
  type Static,
  statusFor,
  Type,
} from '../plugin.ts';
import { bytesText, rounded } from './amounts.ts';
import { attempt, Failure, found } from './outcome.ts';
import { notHere } from './proc.ts';
import { type ProcessSum, readProcesses, userNumber } from './processes.ts';
import { endedBy } from './time-limit.ts';

const filled = (expected: string, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4096, expected, description }));

const options = Type.Object(
  {
    name: filled('a process name', 'Name of the executable, whole.'),
    command: filled('a text', 'A text that is somewhere in the command line.'),
    user: filled('a user name or number', 'Who the process runs as.'),
    warning: Type.Optional(rangeOption(undefined, 'Numbers of processes without a warning.')),
    critical: Type.Optional(
      rangeOption(undefined, 'Numbers of processes that are not critical. Default: "1:", at least one.'),
    ),
  },
  { additionalProperties: false, expected: 'an object with the options of "process"' },
);
type Options = Static<typeof options>;

/** Checks how many processes with a name, command line or user there are. */
export const processCheck = defineCheck({
  name: 'process',
  options,
  run: (written, { signal }) =>
    attempt('PROCESS', async () => {
      const uid = written.user === undefined ? undefined : await uidOf(written.user);
      const sum = await readProcesses({ name: written.name, command: written.command, uid }, signal);
      if (signal.aborted) throw endedBy(signal, 'looking through the processes', 'ours');
      if (!sum) throw notHere('the processes', '/proc/self/stat');
      return outcomeOf(sum, written);
    }),
});

/** What this number of processes means by these options. */
export function outcomeOf(sum: ProcessSum, written: Options) {
  const { warning, critical = warning === undefined ? '1:' : undefined } = written;
  const items: PerfdataItem[] = [
    { label: 'processes', value: sum.count, ...readThresholds({ warning, critical }), min: 0 },
    { label: 'memory', value: sum.memoryBytes, unit: 'B', min: 0 },
    { label: 'cpu_seconds', value: rounded(sum.cpuSeconds, 2), unit: 'c', min: 0 },
  ];
  const status = statusFor(sum.count, items[0] ?? {});
  const text = `${countText(sum.count)}${choiceText(written)}`;
  if (status !== 0 && sum.unseen > 0) {
    return found('PROCESS', 3, `${text} that we may see; others are hidden from us`, items, 'ours');
  }
  return found('PROCESS', status, sum.count > 0 ? `${text}, ${bytesText(sum.memoryBytes)}` : text, items);
}

function countText(count: number): string {
  if (count === 0) return 'no process';
  return count === 1 ? '1 process' : `${count} processes`;
}

function choiceText({ name, command, user }: Options): string {
  const parts = [
    name === undefined ? '' : ` named "${name}"`,
    command === undefined ? '' : ` with "${command}" in the command line`,
    user === undefined ? '' : ` of user ${user}`,
  ];
  return parts.join('');
}

async function uidOf(user: string): Promise<number> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch((error: unknown) => {
    throw new Failure('ours', `cannot look up user ${user}: ${errorText(error)}; give the user's number`);
  });
  const uid = userNumber(passwd, user);
  if (uid === undefined) {
    throw new Failure(
      'ours',
      `no user ${user} in /etc/passwd; if another directory knows them, give the number`,
    );
  }
  return uid;
}
