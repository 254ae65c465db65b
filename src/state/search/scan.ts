import type { Clock } from '../../runtime/clock.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { BLOCK_ROWS, Block } from './block.ts';
import { NONE } from './chunk.ts';
import type { Moment, Subject } from './fields.ts';
import type { Condition, Part } from './parts.ts';
import type { Table } from './table.ts';
import type { Stretch } from './turns.ts';

/** Rows that are asked a dear question between two looks at the time. */
const GLANCE = 32;

/** Goes through rows in turns of the event loop, until it has taken too long. */
export interface Walk {
  clock: Clock;
  stretch: Stretch;
  limitMs: number;
}

/**
 * Asks every row that was there when it begins, a block at a time, and hands over what holds: what is visited has been
 * asked in the same turn.
 * @throws TocsinError TIMED_OUT
 */
export async function scan(
  { subject, moment, part }: { subject: Subject; moment: Moment; part: Part },
  { clock, stretch, limitMs }: Walk,
  visit: (block: Block) => void,
): Promise<void> {
  const { table } = moment;
  const { sieve, rest } = part;
  const endMs = clock.elapsed() + limitMs;
  const end = subject === 'clients' ? table.clients.length : table.end;
  const block = new Block();
  for (let from = 0; from < end; ) {
    if (stretch.isOver()) {
      if (clock.elapsed() > endMs) throw tooLong(limitMs);
      await stretch.next();
    }
    from = fill(block, subject, table, from, end);
    if (block.count > 0) sieve?.(block);
    if (rest && block.count > 0) from = testEach(block, rest, stretch) ?? from;
    if (block.count > 0) visit(block);
  }
}

/** Takes the next rows that have something of the subject; returns where to go on. */
function fill(block: Block, subject: Subject, table: Table, from: number, limit: number): number {
  const end = Math.min(limit, from + BLOCK_ROWS);
  if (subject === 'clients') return fillClients(block, table, from, end);
  const { chunk, place, to } = table.stretchAt(from, end);
  const column = subject === 'results' ? chunk.result : chunk.event;
  let count = 0;
  for (let row = from, at = place; row < to; row++, at++) {
    if (column[at] !== NONE) block.rows[count++] = row;
  }
  block.chunk = chunk;
  block.count = count;
  return to;
}

function fillClients(block: Block, { clients }: Table, from: number, end: number): number {
  block.chunk = undefined;
  block.count = 0;
  for (let id = from; id < end; id++) if (clients[id]) block.rows[block.count++] = id;
  return end;
}

/** Leaves what holds; stops when the turn is over, leaves out what was not asked, and tells where to go on. */
function testEach(block: Block, holds: Condition, stretch: Stretch): number | undefined {
  const { rows, count } = block;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number;
    if (index % GLANCE === GLANCE - 1 && stretch.isOver()) {
      block.count = kept;
      return row;
    }
    if (holds(row)) rows[kept++] = row;
  }
  block.count = kept;
  return undefined;
}

function tooLong(limitMs: number): TocsinError {
  return new TocsinError('TIMED_OUT', `The search took more than ${limitMs / 1000} s; narrow it down.`);
}
