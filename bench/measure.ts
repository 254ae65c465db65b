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
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  await work();
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const milliseconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1);
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
