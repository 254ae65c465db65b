import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSearch } from '../../expression/index.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { client, closeSearches, find, type Memory, openMemory, scan, state } from '../../testing/search.ts';
import type { CheckState } from '../documents.ts';
import type { SearchIndex } from './index.ts';
import { SEARCH_FIELDS } from './rows.ts';

const NAMES = ['a', 'b', 'web-1', 'disk_root', 'x'];
const term = fc.oneof(
  fc
    .constantFrom('ok', 'warning', 'critical', 'unknown', '0', '2', '200', '>=1', '<2', '*')
    .map((value) => `status:${value}`),
  fc.constantFrom('a', 'w*', '*1', 'WEB-1', '*').map((value) => `client:${value}`),
  fc.constantFrom('a', 'disk*', '*_*', 'x').map((value) => `check:${value}`),
  fc.constantFrom('eu', 'us', '*', '3', '>2').map((value) => `client.region:${value}`),
  fc.constantFrom('eu', '*').map((value) => `client.password:${value}`),
  fc.constantFrom('web', 'client:a').map((value) => `subscription:${value}`),
  fc.constantFrom('refused', '"NO route"', 'web-1', 'İ', '"ß"', 'r*f'),
  fc.constantFrom('check.executed:>50', 'check.history:*', 'check.password:a'),
);
const query = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    term,
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one} ${other})`),
    fc.tuple(tie('tree'), tie('tree')).map(([one, other]) => `(${one} OR ${other})`),
    tie('tree').map((one) => `NOT ${one}`),
  ),
})).tree;
const clients = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES),
    region: fc.constantFrom('eu', 'us', 3, null, ['eu', 'us'], { eu: 1 }),
    password: fc.constantFrom('eu', undefined),
    redact: fc.constantFrom(undefined, ['region'], []),
    subscriptions: fc.constantFrom(['web'], ['client:a', 'web'], []),
  }),
  { maxLength: 5 },
);
const results = fc.array(
  fc.record({
    client: fc.constantFrom(...NAMES),
    check: fc.constantFrom(...NAMES),
    status: fc.constantFrom(0, 1, 2, 3, 200, 254, 255, 256, -1),
    output: fc.constantFrom('connection REFUSED', 'no route', 'fine', 'İSTANBUL', 'STRASSE ß', ''),
    executed: fc.constantFrom(1, 100),
  }),
  { maxLength: 20 },
);

const OUTPUTS = [
  ...['connection REFUSED', 'no route to host', 'İSTANBUL', 'STRASSE ß', 'ΣΊΣΥΦΟΣ ΑΣ', '300 \u212a', ''],
  ...['\u{1f600}\u{1f601} \u{10400}', '\ud83d alone', `${'x'.repeat(2_500)} FAR away`],
];
/** A piece of an output, in another case, so that it is often found. */
const piece = fc
  .tuple(fc.constantFrom(...OUTPUTS), fc.nat({ max: 12 }), fc.integer({ min: 1, max: 8 }), fc.boolean())
  .map(([output, from, length, isUpper]) => {
    const text = output
      .slice(-20)
      .slice(from, from + length)
      .replace(/[\\"]/g, '');
    return isUpper ? text.toUpperCase() : text.toLowerCase();
  });
const asked = fc.oneof(
  piece.map((text) => `"${text}"`),
  piece.map((text) => `output:*${text.replace(/[\s:()]/g, '')}*`),
  fc.tuple(piece, term).map(([text, one]) => `"${text}" OR ${one}`),
  fc.tuple(piece, term).map(([text, one]) => `-"${text}" ${one}`),
  fc.constantFrom(
    'executed:>1',
    'executed:1',
    '-executed:<=100',
    'age:>30',
    'age:*',
    'executed:..1',
    'web-1 refu*',
  ),
);
/** The same with another output in its event. */
function toldOtherwise(of: CheckState, output: string | undefined): CheckState {
  const { event } = of;
  return output === undefined || !event
    ? of
    : { ...of, event: { ...event, check: { ...event.check, output } } };
}

/** A change, or a search beside changes. */
const step = fc.oneof(
  asked.map((q) => ({ q })),
  fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom('x', 'disk_root', 'refused'),
      fc.integer({ min: -1, max: 2 }),
      fc.constantFrom(...OUTPUTS),
      fc.constantFrom(1, 100),
      fc.constantFrom(undefined, ...OUTPUTS),
    )
    .map(([name, check, status, output, executed, told]) => ({
      kind: 'state' as const,
      name: `${name}/${check}`,
      value: status < 0 ? undefined : toldOtherwise(state(name, check, status, { output, executed }), told),
    })),
  fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(undefined, [], ['output'])).map(([name, redact]) => ({
    kind: 'client' as const,
    name,
    value: redact && client(name, { redact }),
  })),
);

afterEach(closeSearches);

describe('the index', () => {
  it('finds what a plain scan finds, for random documents and searches', async () => {
    await fc.assert(
      fc.asyncProperty(clients, results, query, async (clientList, resultList, q) => {
        const { memory, index, level } = openMemory();
        for (const more of clientList) memory.set('client', more.name, client(more.name, more));
        for (const { client: name, check, status, ...more } of resultList) {
          memory.set('state', `${name}/${check}`, state(name, check, status, more));
        }
        await level();
        await expectSame(memory, index, q);
        closeSearches();
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('pages through documents that change without losing or repeating those that do not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 5, maxLength: 30 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 30 }),
        fc.constantFrom('client', '-client', 'executed', '-executed', '-status', 'check'),
        async (first, changed, sort) => {
          const { memory, index, level } = openMemory();
          const put = (number: number, executed: number): void => {
            const name = `c${String(number).padStart(2, '0')}`;
            memory.set('state', `${name}/x`, state(name, 'x', number % 3, { executed }));
          };
          for (const number of first) put(number, number % 5);
          await level();
          const seen: string[] = [];
          const changes = [...changed];
          for (let cursor: string | null | undefined; cursor !== null; ) {
            const page = await find(index, { subject: 'results', sort, limit: 3, cursor });
            seen.push(...page.items);
            cursor = page.next;
            for (const number of changes.splice(0, 2)) {
              if (number % 2 === 0) put(number, 7);
              else memory.set('state', `c${String(number).padStart(2, '0')}/x`, undefined);
            }
            await level();
          }
          const still = first.filter((number) => !changed.includes(number));
          for (const number of still) {
            const name = `c${String(number).padStart(2, '0')}/x`;
            expect(seen.filter((other) => other === name)).toEqual([name]);
          }
          closeSearches();
        },
      ),
      { numRuns: Math.min(RANDOM_INPUTS, 200) },
    );
  });

  it('finds the same while documents and their texts change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { memory, index, level } = openMemory();
        for (const name of ['a', 'b']) memory.set('client', name, client(name, { redact: ['output'] }));
        for (const one of steps) {
          if ('q' in one) {
            await level();
            await expectSame(memory, index, one.q);
          } else memory.set(one.kind, one.name, one.value);
        }
        closeSearches();
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });

  it('finds and counts across many thousand rows, and after most of them are gone', async () => {
    const { memory, index, level } = openMemory();
    const names = Array.from(
      { length: 40_000 },
      (_, number) => `c${number % 4_000}/x${Math.floor(number / 4_000)}`,
    );
    for (const [number, name] of names.entries()) {
      const [of = '', check = ''] = name.split('/');
      const output = number % 1_000 === 7 ? 'Disk FULL' : 'fine';
      memory.set('state', name, state(of, check, number % 3, { output, executed: number }));
    }
    await level();
    const question = {
      subject: 'results',
      q: 'full',
      sort: '-executed',
      counts: ['check', 'client', 'status'],
    } as const;
    const { total, items, counts } = await find(index, question);
    expect(total).toBe(40);
    expect(items[0]).toBe('c3007/x9');
    expect(counts['check']).toEqual(Object.fromEntries(Array.from({ length: 10 }, (_, x) => [`x${x}`, 4])));
    expect(counts['client']).toEqual({ c7: 10, c1007: 10, c2007: 10, c3007: 10 });
    expect((await find(index, { subject: 'results', q: 'executed:>=39990 OR executed:5' })).total).toBe(11);
    for (const name of names.slice(100)) memory.set('state', name, undefined);
    await level();
    expect((await find(index, { subject: 'results', q: 'full' })).items).toEqual(['c7/x0']);
    expect((await find(index, { subject: 'results', q: '' })).total).toBe(100);
  });
});

/** Every subject finds what a plain scan finds. */
async function expectSame(memory: Memory, index: SearchIndex, q: string): Promise<void> {
  for (const subject of ['clients', 'events', 'results'] as const) {
    const wanted = parseSearch(q, SEARCH_FIELDS[subject]).value;
    const found = await index.searcher.names(subject, q, 1000);
    expect(found.value).toEqual(
      wanted ? scan(memory, subject, (row) => wanted.matches(row, row.moment.nowMs)) : undefined,
    );
  }
}
