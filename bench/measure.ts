import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** What a stretch of work cost. */
export interface Cost {
  seconds: number;
  /** CPU seconds of this process, all threads. */
  cpuSeconds: number;
  /** Event-loop lateness in milliseconds. */
  loop: { p50: number; p99: number; max: number };
}

/** Runs work and tells what it cost. */
export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const cpu = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  await work();
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const milliseconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 10);
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    loop: {
      p50: milliseconds(delay.percentile(50)),
      p99: milliseconds(delay.percentile(99)),
      max: milliseconds(delay.max),
    },
  };
}

/** The value below which that share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints one figure: `name  value unit`. */
export function print(name: string, value: number, unit: string, digits = 1): void {
  console.log(`${name.padEnd(48)} ${value.toFixed(digits).padStart(12)} ${unit}`);
}

/** CPU seconds of each thread of this process so far, by thread id, with what it is called (Linux). */
export function threadTimes(): Map<number, { name: string; seconds: number }> {
  const times = new Map<number, { name: string; seconds: number }>();
  for (const thread of readdirSync('/proc/self/task')) {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Clock ticks of 10 ms: user and system time are fields 14 and 15 of proc(5).
    const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
    times.set(Number(thread), { name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')), seconds });
  }
  return times;
}
