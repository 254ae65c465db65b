import { readFile } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { isForbidden, isGone, kernelText } from './proc.ts';

/** What is told of one process by /proc/<pid>/stat (Linux manual, proc_pid_stat(5)). */
export interface ProcessStat {
  pid: number;
  /** Name of the executable, or what it calls itself; at most 15 characters. */
  name: string;
  /** One letter: `R` running, `S` sleeping, `D` waiting for a disk, `Z` ended but not yet collected … */
  state: string;
  /** Seconds of processor time so far. */
  cpuSeconds: number;
}

/** Which processes are meant; all given members have to fit. */
export interface ProcessChoice {
  /** Name of the executable, whole. */
  name?: string | undefined;
  /** A part of the command line. */
  command?: string | undefined;
  /** Number of the effective user. */
  uid?: number | undefined;
}

/** The processes that were meant. */
export interface ProcessSum {
  count: number;
  /** Bytes of memory that they hold, what they share counted for each. */
  memoryBytes: number;
  cpuSeconds: number;
  /** Processes that we were not allowed to look at, or that were too many to look at. */
  unseen: number;
}

/** Linux counts processor time for programs in hundredths of a second on every platform. */
const TICKS_PER_SECOND = 100;
/** A third of the processor time of its namesake in `fs/promises`, which counts for thousands of small files. */
const read = promisify(readFile);
/** Most processes that are looked at. */
const MOST_PROCESSES = 100_000;
/** Processes that are read at a time. */
const BATCH = 16;

/** Counts the processes that are meant; undefined where there is no proc file system. Those that ended do not count. */
export async function readProcesses(
  choice: ProcessChoice,
  signal: AbortSignal,
  proc = '/proc',
): Promise<ProcessSum | undefined> {
  if ((await kernelText(join(proc, 'self/stat'))) === undefined) return undefined;
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const sum: ProcessSum = {
    count: 0,
    memoryBytes: 0,
    cpuSeconds: 0,
    unseen: Math.max(pids.length - MOST_PROCESSES, 0),
  };
  // The first process is always there: when it cannot be seen, those of other users are hidden.
  if (!pids.includes('1')) sum.unseen++;
  for (let at = 0; at < Math.min(pids.length, MOST_PROCESSES) && !signal.aborted; at += BATCH) {
    const batch = pids.slice(at, Math.min(at + BATCH, MOST_PROCESSES));
    await Promise.all(batch.map((pid) => addProcess(sum, choice, join(proc, pid))));
  }
  return sum;
}

/** Reads /proc/<pid>/stat; the name stands in brackets and may hold brackets and spaces itself. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const pid = Number.parseInt(text, 10);
  if (Number.isNaN(pid) || Number.isNaN(ticks)) return undefined;
  return {
    pid,
    name: text.slice(open + 1, close),
    state: fields[0] ?? '',
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

/** Effective user and resident memory out of /proc/<pid>/status; a process of the kernel has no memory. */
export function parseStatus(text: string): { uid: number; memoryBytes: number } {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1];
  const memory = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return { uid: uid === undefined ? -1 : Number(uid), memoryBytes: Number(memory ?? 0) * 1024 };
}

/** The arguments in /proc/<pid>/cmdline, each of which ends with a zero byte. */
export function parseCommandLine(text: string): string[] {
  return text.replace(/\0+$/, '').split('\0');
}

/** The number of a user by an /etc/passwd text, or the number that it is; undefined when there is no such user. */
export function userNumber(passwd: string, user: string): number | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , number] = line.split(':');
    if (name === user && number !== undefined && /^\d+$/.test(number)) return Number(number);
  }
  return /^\d+$/.test(user) ? Number(user) : undefined;
}

async function addProcess(sum: ProcessSum, choice: ProcessChoice, folder: string): Promise<void> {
  try {
    const stat = parseStat(await text(folder, 'stat'));
    if (!stat || stat.state === 'Z' || stat.state === 'X') return;
    if (!(await fitsCommand(stat, choice, folder))) return;
    const { uid, memoryBytes } = parseStatus(await text(folder, 'status'));
    if (choice.uid !== undefined && choice.uid !== uid) return;
    sum.count++;
    sum.memoryBytes += memoryBytes;
    sum.cpuSeconds += stat.cpuSeconds;
  } catch (error) {
    if (isForbidden(error)) sum.unseen++;
    else if (!isGone(error)) throw error;
  }
}

async function fitsCommand(stat: ProcessStat, choice: ProcessChoice, folder: string): Promise<boolean> {
  const named = choice.name === undefined || stat.name === choice.name;
  if (named && choice.command === undefined) return true;
  const words = parseCommandLine(await text(folder, 'cmdline'));
  if (!named && basename(words[0] ?? '') !== choice.name) return false;
  return choice.command === undefined || words.join(' ').includes(choice.command);
}

/** What such a file holds at the moment; the kernel keeps even command lines below some MiB. */
function text(folder: string, name: string): Promise<string> {
  return read(join(folder, name), 'utf8');
}
