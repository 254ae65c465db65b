import fc from 'fast-check';
import { expect, test } from 'vitest';
import { valueAt } from '../model/attributes.ts';
import { deepMerge } from '../model/merge.ts';
import type { Attributes } from '../model/schema.ts';
import { Origins } from './origin.ts';
import { parseSource, type Source } from './source.ts';

function sourceOf(file: string, text: string): Source {
  const { source } = parseSource(file, text);
  if (!source) throw new Error(`no source: ${text}`);
  return source;
}

const a = sourceOf('a', '{\n"x": {\n"p": 1,\n"list": [1,\n2]},\n"y": {"q": 1},\n"z": "text"}');
const b = sourceOf('b', '{\n\n"x": {"p": 2, "list": [\n2,\n{"m":\n1}]},\n"y": "text",\n"z": {"r": 1}}');
const c = sourceOf('c', '{"y": {\n"s": 1}}');

test.each([
  ['a plain value: the last word', ['x', 'p'], 'b', 3],
  ['an object: where it began', ['x'], 'a', 2],
  ['an array: where it began', ['x', 'list'], 'a', 4],
  ['an item of the first array', ['x', 'list', 0], 'a', 4],
  ['an item that both have', ['x', 'list', 1], 'a', 5],
  ['an item of the second array', ['x', 'list', 2], 'b', 5],
  ['a member of an item', ['x', 'list', 2, 'm'], 'b', 5],
  ['an object that took the place of a text', ['z'], 'b', 8],
  ['an object that was replaced by a text and begun anew', ['y'], 'c', 1],
  ['its member', ['y', 's'], 'c', 2],
  ['a missing member: what is around it', ['x', 'missing', 'deeper'], 'a', 2],
  ['a missing item: its array', ['x', 'list', 9], 'a', 4],
])('%s', (_what, steps, file, line) => {
  expect(new Origins([a, b, c]).of(steps)).toEqual({ file, line });
});

test('what no file has, has no origin', () => {
  expect(new Origins([a]).of(['client', 'name'])).toBeUndefined();
  expect(new Origins([]).of(['client'])).toBeUndefined();
});

test('the origin of every plain value of a merged document is a line of a file that holds this value', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.nat(5),
      fc.dictionary(name, tie('value')),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  const documents = fc.array(fc.dictionary(name, value), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(documents, (written) => {
      const texts = written.map((document) => JSON.stringify(document, null, 1));
      const sources = texts.map((text, index) => sourceOf(String(index), text));
      const merged = written.reduce<Attributes>((one, other) => deepMerge(one, other), {});
      const origins = new Origins(sources);
      for (const steps of leaves(merged)) {
        const origin = origins.of(steps);
        const line = texts[Number(origin?.file)]?.split('\n')[Number(origin?.line) - 1];
        expect(line).toContain(String(valueAt(merged, steps)));
      }
    }),
    { numRuns: 300 },
  );
});

/** Paths of all plain values. */
function leaves(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([step, member]) => leaves(member).map((rest) => [step, ...rest]));
}
