import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A row of the system's list of processes. */
export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  /** Ended, and only waiting for its parent to ask how. */
  ended: boolean;
  /** When it started, in clock ticks since the machine did. */
  startedTicks: number;
}

/** Rows read before others get their turn: about a millisecond. */
const ROWS_AT_ONCE = 64;

/** The members of process groups, from `/proc` (proc(5)); none where there is no such folder. */
export async function membersOf(groups: ReadonlySet<number>): Promise<ProcessRow[]> {
  const members: ProcessRow[] = [];
  let read = 0;
  for (const name of numbersIn('/proc')) {
    const row = readRow(name);
    if (row && groups.has(row.group)) members.push(row);
    if (++read % ROWS_AT_ONCE === 0) await nextTurn();
  }
  return members;
}

/**
 * Those members of a co-process's group that an earlier command left behind: they are older than the command that
 * runs now, which is the co-process's one child. None when that child has gone, since then nothing tells them apart.
 */
export function leftBehind(members: readonly ProcessRow[], leader: number): number[] {
  const command = members.find((row) => row.parent === leader);
  if (!command) return [];
  const older = (row: ProcessRow): boolean => row.startedTicks < command.startedTicks;
  return members.filter((row) => row.pid !== leader && older(row)).map((row) => row.pid);
}

function numbersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function readRow(pid: string): ProcessRow | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      pid: Number(pid),
      ended: fields[0] === 'Z' || fields[0] === 'X',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      startedTicks: Number(fields[19]),
    };
  } catch {
    return undefined;
  }
}
