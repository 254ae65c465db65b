import { BLOCK_ROWS, type Block } from './block.ts';

/** Whether a row is what was asked for. */
export type Condition = (at: number) => boolean;

/** Leaves those rows of a block that may be what was asked for. */
export type Sieve = (block: Block) => void;

/** A part of a search, as questions to a row and to a block of rows. */
export interface Part {
  /** What it costs for one row, about; cheap parts are asked first. */
  cost: number;
  holds: Condition;
  /** Leaves all rows that hold, in a bounded time. */
  sieve?: Sieve | undefined;
  /** What is left to be asked of the rows that the sieve leaves, of all rows where there is none; undefined: nothing. */
  rest?: Condition | undefined;
}

/** What a part costs that hangs on: a status, the name of a check, a client, a column, a document, texts. */
export const COSTS = { status: 1, check: 2, client: 3, column: 4, row: 10, text: 20 } as const;

export const EVERYTHING: Part = { cost: 0, holds: () => true, sieve: () => undefined };
export const NOTHING: Part = {
  ...{ cost: 0, holds: () => false },
  sieve: (block) => {
    block.count = 0;
  },
};

/** Cheap parts first. */
function inOrder(parts: readonly Part[]): Part[] {
  return [...parts].sort((left, right) => left.cost - right.cost);
}

function costOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { cost }) => sum + cost, 0);
}

/** What all parts hold. Its sieve is made of those that have one. */
export function allOf(unordered: readonly Part[]): Part {
  const parts = inOrder(unordered);
  const sieves = parts.flatMap(({ sieve }) => sieve ?? []);
  const rests = parts.flatMap(({ rest }) => rest ?? []);
  return {
    cost: costOf(parts),
    holds: all(parts.map(({ holds }) => holds)),
    sieve: sieves.length === 0 ? undefined : inTurn(sieves),
    rest: rests.length === 0 ? undefined : all(rests),
  };
}

function all(conditions: readonly Condition[]): Condition {
  return (at) => {
    for (const holds of conditions) if (!holds(at)) return false;
    return true;
  };
}

function inTurn(sieves: readonly Sieve[]): Sieve {
  return (block) => {
    for (const sieve of sieves) if (block.count > 0) sieve(block);
  };
}

/** What at least one part holds. It has a sieve when all of them have one. */
export function anyOf(unordered: readonly Part[]): Part {
  const parts = inOrder(unordered);
  const sieves = parts.flatMap(({ sieve }) => sieve ?? []);
  const conditions = parts.map((part) => part.holds);
  const holds: Condition = (at) => {
    for (const holdsOne of conditions) if (holdsOne(at)) return true;
    return false;
  };
  return {
    ...{ cost: costOf(parts), holds },
    sieve: sieves.length < parts.length ? undefined : union(sieves),
    rest: parts.some(({ rest }) => rest) ? holds : undefined,
  };
}

/** What a part does not hold. */
export function noneOf({ cost, holds, sieve, rest }: Part): Part {
  const opposite: Condition = (at) => !holds(at);
  return sieve && !rest
    ? { cost, holds: opposite, sieve: complement(sieve) }
    : { cost, holds: opposite, rest: opposite };
}

/** The rows of a block as they were, and which of them were passed. */
class Marks {
  readonly #rows = new Uint32Array(BLOCK_ROWS);
  /** A block holds no two rows with the same low bits. */
  readonly #marks = new Uint8Array(BLOCK_ROWS);
  #count = 0;
  #marked = 0;

  begin({ rows, count }: Block): void {
    this.#rows.set(rows);
    this.#count = count;
    if (this.#marked > 0) this.#marks.fill(0);
    this.#marked = 0;
  }

  /** Marks what is left in the block, which none of these were. */
  mark({ rows, count }: Block): void {
    for (let index = 0; index < count; index++) this.#marks[(rows[index] as number) % BLOCK_ROWS] = 1;
    this.#marked += count;
  }

  leaveMarked(block: Block): void {
    if (this.#marked === 0) block.count = 0;
    else this.#leave(block, 1);
  }

  leaveOthers(block: Block): void {
    if (this.#marked > 0) this.#leave(block, 0);
    else {
      block.rows.set(this.#rows);
      block.count = this.#count;
    }
  }

  #leave(block: Block, mark: 0 | 1): void {
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      const row = this.#rows[index] as number;
      if (this.#marks[row % BLOCK_ROWS] === mark) block.rows[kept++] = row;
    }
    block.count = kept;
  }
}

/** Each sieve is asked of what those before it did not pass. */
function union(sieves: readonly Sieve[]): Sieve {
  const marks = new Marks();
  return (block) => {
    marks.begin(block);
    for (const sieve of sieves) {
      marks.leaveOthers(block);
      if (block.count === 0) break;
      sieve(block);
      marks.mark(block);
    }
    marks.leaveMarked(block);
  };
}

function complement(sieve: Sieve): Sieve {
  const marks = new Marks();
  return (block) => {
    marks.begin(block);
    sieve(block);
    marks.mark(block);
    marks.leaveOthers(block);
  };
}
