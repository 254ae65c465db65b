import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../runtime/system/clock.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { sliced } from './slices.ts';
import { Turns } from './turns.ts';

async function written(
  items: Iterable<unknown>,
  clock = systemClock,
): Promise<{ text: string; pieces: number }> {
  const pieces: Buffer[] = [];
  for await (const piece of sliced(items, { clock, turns: new Turns() })) pieces.push(piece);
  return { text: Buffer.concat(pieces).toString('utf8'), pieces: pieces.length };
}

describe('a list in slices', () => {
  it('is the same JSON as in one go, without what is left out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.jsonValue(), { nil: undefined })), async (items) => {
        const kept = items.filter((item) => item !== undefined);
        expect((await written(items)).text).toBe(JSON.stringify(kept));
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('comes in pieces when it is long', async () => {
    const items = Array.from({ length: 1000 }, (_, index) => ({ index, text: 'ö'.repeat(1000) }));
    const { text, pieces } = await written(items);
    expect(JSON.parse(text)).toEqual(items);
    expect(pieces).toBeGreaterThan(2);
  });

  it('lets others have their turn when it takes long, even where nothing is written', async () => {
    let nowMs = 0;
    const clock = { ...systemClock, elapsed: () => (nowMs += 5) };
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await written(
      Array.from({ length: 3200 }, () => undefined),
      clock,
    );
    running = false;
    expect(turns).toBeGreaterThan(40);
  });
});

describe('turns', () => {
  it('come one in each round, in the order in which they were asked for', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = async (name: string): Promise<void> => {
      for (let turn = 0; turn < 3; turn++) {
        await turns.next();
        order.push(name);
      }
    };
    await Promise.all([work('a'), work('b')]);
    expect(order.join('')).toBe('ababab');
  });
});
