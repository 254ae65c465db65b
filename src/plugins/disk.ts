import { statfs } from 'node:fs/promises';
import {
  BYTES,
  type CheckContext,
  type CheckOutcome,
  defineCheck,
  errorText,
  type Fault,
  PERCENT,
  type PerfdataItem,
  rangeOption,
  readThresholds,
  type Static,
  statusFor,
  Type,
} from '../plugin.ts';
import { bytesText, percent } from './amounts.ts';
import { chosenMounts, isPlainPath, type Mount, readMounts } from './mounts.ts';
import { attempt, Failure, found } from './outcome.ts';
import { patiently, SILENCE } from './patience.ts';
import { isForbidden, isGone, notHere } from './proc.ts';

const TIMEOUT_SECONDS = 5;
/** Most file systems that are looked at in one run. */
const MOST_MOUNTS = 200;
/** Most that stand in the first line; all stand below it. */
const MOST_SHOWN = 3;

const texts = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
      maxItems: 100,
      expected: 'an array of texts, "*" for any characters',
      description,
    }),
  );
const percentRange = (description: string) =>
  Type.Optional(rangeOption('a range in percent such as 80, "80%" or "10:90"', description));
const bytesRange = (description: string) =>
  Type.Optional(rangeOption('a range of bytes such as "5GiB:" or "500MB:"', description));
const pair = (range: (description: string) => ReturnType<typeof bytesRange>, what: string) =>
  Type.Optional(
    Type.Object(
      { warning: range(`${what} that is a warning.`), critical: range(`${what} that is critical.`) },
      { additionalProperties: false, expected: 'an object with "warning" and "critical"' },
    ),
  );

const options = Type.Object(
  {
    warning: percentRange('Percent of space used that is a warning. Default: 80.'),
    critical: percentRange('Percent of space used that is critical. Default: 90.'),
    free: pair(bytesRange, 'Free space'),
    inodes: pair(percentRange, 'Percent of inodes used'),
    paths: texts('Paths to look at. Default, when there are no types either: all local file systems.'),
    types: texts('Types of file systems to look at, such as "tmpfs" or "nfs*".'),
    exclude_paths: texts('Paths of file systems to leave out.'),
    exclude_types: texts('Types of file systems to leave out.'),
    timeout: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 3600,
        expected: 'a number of seconds above 0, at most 3600',
        description: `Seconds that each file system has for its answer. Default: ${TIMEOUT_SECONDS}.`,
      }),
    ),
  },
  { additionalProperties: false, expected: 'an object with the options of "disk"' },
);
type Options = Static<typeof options>;

/** Space and inodes of one file system; sizes in bytes. */
export interface Space {
  total: number;
  used: number;
  /** What everybody may still use; the part that is kept for root does not count. */
  available: number;
  inodes: { total: number; used: number };
}

/** What was found at one file system. */
interface Finding {
  path: string;
  status: number;
  /** Percent used, to sort by. */
  used: number;
  text: string;
  items: PerfdataItem[];
  fault?: Fault;
}

/** Checks how full file systems are: all local ones, or those asked for. */
export const disk = defineCheck({
  name: 'disk',
  options,
  run: (written, context) =>
    attempt('DISK', async () => {
      const mounts = await mountsFor(written);
      const findings: Finding[] = [];
      for (const mount of mounts.slice(0, MOST_MOUNTS)) {
        const finding = await look(mount, written, context);
        if (finding) findings.push(finding);
      }
      return outcomeOf(findings, mounts.length - MOST_MOUNTS);
    }),
});

/** The numbers of statfs(2) in bytes; used and available need not make up the total. */
export function spaceOf(stats: {
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}): Space {
  return {
    total: stats.blocks * stats.bsize,
    used: (stats.blocks - stats.bfree) * stats.bsize,
    // The kernel's number wraps around when root has used up what is kept for it.
    available: (stats.bavail > stats.blocks ? 0 : stats.bavail) * stats.bsize,
    inodes: { total: stats.files, used: stats.files - stats.ffree },
  };
}

/** What the space of one file system means by these options. */
export function judged(path: string, space: Space, written: Options): Finding {
  const { warning = 80, critical = 90 } = written;
  const used = percent(space.used, space.used + space.available);
  const items: PerfdataItem[] = [
    {
      label: path,
      value: used,
      unit: '%',
      ...readThresholds({ warning, critical }, PERCENT),
      min: 0,
      max: 100,
    },
  ];
  let text = `${path} ${used}% used, ${bytesText(space.available)} free`;
  if (written.free) {
    const thresholds = readThresholds(written.free, BYTES);
    items.push({
      label: `${path} free`,
      value: space.available,
      unit: 'B',
      ...thresholds,
      min: 0,
      max: space.total,
    });
  }
  if (written.inodes && space.inodes.total > 0) {
    const inodes = percent(space.inodes.used, space.inodes.total);
    const thresholds = readThresholds(written.inodes, PERCENT);
    items.push({ label: `${path} inodes`, value: inodes, unit: '%', ...thresholds, min: 0, max: 100 });
    text += `, ${inodes}% of inodes used`;
  }
  const status = Math.max(...items.map((item) => statusFor(item.value ?? Number.NaN, item)));
  return { path, status, used, text, items };
}

/** All findings as one outcome, the worst first. */
export function outcomeOf(findings: readonly Finding[], leftOut = 0): CheckOutcome {
  const sorted = [...findings].sort((one, other) => badness(other) - badness(one) || other.used - one.used);
  const worst = sorted[0];
  if (!worst) return found('DISK', 3, 'no file system fits the options', [], 'ours');
  const shown = sorted.slice(0, MOST_SHOWN).map(({ text }) => text);
  if (sorted.length > MOST_SHOWN) shown.push(`${sorted.length - MOST_SHOWN} more below`);
  if (leftOut > 0) shown.push(`${leftOut} not looked at`);
  const items = sorted.flatMap((finding) => finding.items);
  const outcome = found('DISK', worst.status, shown.join('; '), items, worst.fault);
  if (sorted.length <= MOST_SHOWN) return outcome;
  const rest = sorted.slice(MOST_SHOWN).map(({ text }) => text.replaceAll('|', '/'));
  return { ...outcome, output: [outcome.output, ...rest].join('\n') };
}

async function mountsFor(written: Options): Promise<Mount[]> {
  const mounts = await readMounts();
  const onlyNamed = written.types === undefined && written.paths?.every(isPlainPath);
  if (!mounts && !onlyNamed) throw notHere('what is mounted', '/proc/self/mounts');
  return chosenMounts(mounts ?? [], written);
}

/** Undefined for a file system without space of its own that nobody named. */
async function look(mount: Mount, written: Options, context: CheckContext): Promise<Finding | undefined> {
  const { path } = mount;
  const seconds = written.timeout ?? TIMEOUT_SECONDS;
  try {
    const stats = await patiently(`the file system at ${path}`, () => statfs(path), context, seconds * 1000);
    if (stats === SILENCE) return failed(path, 2, `${path} does not answer within ${seconds} s`, 'target');
    if (stats.blocks === 0 && !written.paths?.includes(path)) return undefined;
    return judged(path, spaceOf(stats), written);
  } catch (error) {
    if (error instanceof Failure) throw error;
    return unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Finding {
  if (isGone(error)) return failed(path, 2, `${path} is not there`, 'target');
  if (isForbidden(error)) return failed(path, 3, `no permission to look at ${path}`, 'ours');
  return failed(path, 2, `${path}: ${errorText(error)}`, 'target');
}

function failed(path: string, status: number, text: string, fault: Fault): Finding {
  return { path, status, used: 100, text, items: [], fault };
}

/** Critical before unknown before warning. */
function badness({ status }: Finding): number {
  return [0, 1, 3, 2][status] ?? 2;
}
