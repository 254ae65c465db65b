import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import {
  defineCheck,
  PERCENT,
  type PerfdataItem,
  rangeOption,
  readThresholds,
  type Static,
  statusFor,
  Type,
} from '../plugin.ts';
import { bytesText, percent } from './amounts.ts';
import { attempt, found } from './outcome.ts';
import { kernelText, notHere } from './proc.ts';

/** Memory of this machine, or of the container that we run in; all in bytes. */
export interface Memory {
  total: number;
  available: number;
  swap: { total: number; free: number };
  /** True when a container's limit is the total. */
  limited: boolean;
}

const percentRange = (description: string) =>
  Type.Optional(rangeOption('a range in percent such as 80, "80%" or "10:90"', description));

const options = Type.Object(
  {
    warning: percentRange('Percent of memory used that is a warning. Default: 80.'),
    critical: percentRange('Percent of memory used that is critical. Default: 90.'),
    swap: Type.Optional(
      Type.Object(
        {
          warning: percentRange('Percent of swap used that is a warning.'),
          critical: percentRange('Percent of swap used that is critical.'),
        },
        { additionalProperties: false, expected: 'an object with "warning" and "critical"' },
      ),
    ),
  },
  { additionalProperties: false, expected: 'an object with the options of "memory"' },
);

/** Checks how much of the memory is used, of the machine or of the container that we run in. */
export const memory = defineCheck({
  name: 'memory',
  options,
  run: (written) => attempt('MEMORY', async () => outcomeOf(await readMemory(), written)),
});

/**
 * The memory as the kernel sees it. In a container whose control group (version 2) has a limit, that is the total.
 * Such a container sees its own group as the root, `0::/`, and finds a limit there; the true root has none. So the
 * limit of the service that an agent runs as is not taken for the machine's.
 */
export async function readMemory(
  folders: { proc: string; cgroup: string } = { proc: '/proc', cgroup: '/sys/fs/cgroup' },
  platform: string = process.platform,
): Promise<Memory> {
  const path = join(folders.proc, 'meminfo');
  const text = await kernelText(path);
  if (text !== undefined) return containerMemory(parseMeminfo(text), folders);
  // Elsewhere the free memory leaves out what is cached, and would look used up on an idle machine.
  if (platform !== 'win32') throw notHere('the memory', path);
  return { total: totalmem(), available: freemem(), swap: { total: 0, free: 0 }, limited: false };
}

/** What /proc/meminfo tells (Linux manual, proc_meminfo(5)); kernels before 3.14 do not tell what is available. */
export function parseMeminfo(text: string): Memory {
  const values = numbersOf(text, /^(\w+(?:\(\w+\))?):\s+(\d+) kB$/);
  const bytes = (name: string): number => (values.get(name) ?? 0) * 1024;
  const total = bytes('MemTotal');
  if (total === 0) throw new Error('/proc/meminfo tells no MemTotal');
  const estimate =
    bytes('MemFree') + bytes('Buffers') + bytes('Cached') + bytes('SReclaimable') - bytes('Shmem');
  return {
    total,
    available: values.has('MemAvailable') ? bytes('MemAvailable') : Math.max(estimate, 0),
    swap: { total: bytes('SwapTotal'), free: bytes('SwapFree') },
    limited: false,
  };
}

/** What a container's control group tells, as texts of its files; undefined for one that is not there. */
export interface GroupTexts {
  max: string | undefined;
  current: string | undefined;
  stat: string | undefined;
  swapMax?: string | undefined;
  swapCurrent?: string | undefined;
}

/** The machine's memory cut down to what a control group may use (Linux kernel documentation, "Control Group v2"). */
export function limitedMemory(machine: Memory, group: GroupTexts): Memory {
  const limit = wholeOf(group.max);
  const current = wholeOf(group.current);
  if (limit === undefined || current === undefined || limit >= machine.total) return machine;
  // What is cached and was not used lately is given back before anything is refused.
  const reclaimable = numbersOf(group.stat ?? '', /^(\w+) (\d+)$/).get('inactive_file') ?? 0;
  const used = Math.max(current - reclaimable, 0);
  return {
    total: limit,
    available: Math.max(Math.min(limit - used, machine.available), 0),
    swap: limitedSwap(machine.swap, group),
    limited: true,
  };
}

/** What this memory means by these options. */
export function outcomeOf({ total, available, swap, limited }: Memory, written: Static<typeof options>) {
  const { warning = 80, critical = 90 } = written;
  const items: PerfdataItem[] = [
    {
      label: 'memory',
      value: percent(total - available, total),
      unit: '%',
      ...readThresholds({ warning, critical }, PERCENT),
      min: 0,
      max: 100,
    },
    { label: 'available', value: available, unit: 'B', min: 0, max: total },
  ];
  const whole = limited ? `the container's ${bytesText(total)}` : bytesText(total);
  let text = `${items[0]?.value}% used, ${bytesText(available)} of ${whole} available`;
  if (swap.total > 0 || written.swap) {
    const used = percent(swap.total - swap.free, swap.total);
    items.push({
      label: 'swap',
      value: used,
      unit: '%',
      ...readThresholds(written.swap ?? {}, PERCENT),
      min: 0,
      max: 100,
    });
    text += swap.total > 0 ? `; swap ${used}% used` : '; no swap';
  }
  const status = Math.max(...items.map((item) => statusFor(item.value ?? Number.NaN, item)));
  return found('MEMORY', status, text, items);
}

async function containerMemory(machine: Memory, folders: { proc: string; cgroup: string }): Promise<Memory> {
  const groups = await kernelText(join(folders.proc, 'self/cgroup'));
  if (!groups?.split('\n').includes('0::/')) return machine;
  const read = (name: string) => kernelText(join(folders.cgroup, name));
  const [max, current, stat, swapMax, swapCurrent] = await Promise.all(
    ['memory.max', 'memory.current', 'memory.stat', 'memory.swap.max', 'memory.swap.current'].map(read),
  );
  return limitedMemory(machine, { max, current, stat, swapMax, swapCurrent });
}

function limitedSwap(machine: Memory['swap'], group: GroupTexts): Memory['swap'] {
  const limit = wholeOf(group.swapMax);
  const current = wholeOf(group.swapCurrent);
  if (limit === undefined || current === undefined || limit >= machine.total) return machine;
  return { total: limit, free: Math.max(limit - current, 0) };
}

/** A whole number alone in a file; `max` and everything else is none. */
function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** Name → number of the lines that fit; the pattern has both as groups. */
function numbersOf(text: string, line: RegExp): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const candidate of text.split('\n')) {
    const match = line.exec(candidate);
    if (match?.[1] !== undefined) numbers.set(match[1], Number(match[2]));
  }
  return numbers;
}
