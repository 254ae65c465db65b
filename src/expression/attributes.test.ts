import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchAttributes } from '../model/match.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { planAttributes } from './attributes.ts';

const clock = { now: () => 0 };
const event = {
  action: 'create',
  occurrences: 120,
  client: { name: 'web-1', environment: 'production', tags: ['a'] },
  check: { name: 'disk', occurrences: 60, source: 'eval: value == 1' },
};

test.each([
  ['an eval at the top', { occurrences: 'eval: value % 60 == 0' }],
  ['an eval further in', { client: { name: "eval: value.include?('web')" }, action: 'create' }],
  ['an eval of something missing', { client: { rack: 'eval: value.nil?' } }],
  ['an eval of an object', { client: 'eval: value[:environment] == "production"' }],
  ['tokens of the whole document', { occurrences: 'eval: value > :::check.occurrences:::' }],
  ['the same text, unevaluated', { check: { source: 'eval: value == 1' } }],
])('matches %s', (_what, wanted) => {
  const { plan, mistakes } = planAttributes(wanted);
  expect(mistakes).toEqual([]);
  expect(plan.match(event, clock)).toEqual({ matched: true });
});

test('an eval that is false is told like any attribute', () => {
  const wanted = { client: { name: "eval: value == 'db-1'" } };
  expect(planAttributes(wanted).plan.match(event, clock)).toEqual({
    matched: false,
    attribute: 'client.name',
    wanted: "eval: value == 'db-1'",
    seen: 'web-1',
  });
});

test('an eval that fails is no match and says why', () => {
  const match = planAttributes({ client: { rack: 'eval: value > 1' } }).plan.match(event, clock);
  expect(match).toMatchObject({ matched: false, attribute: 'client.rack', seen: null });
  expect(match.error).toContain('no > between nil and the number 1');
});

test('an eval that cannot be read is a mistake with its place, and never matches', () => {
  const { plan, mistakes } = planAttributes({
    action: 'eval: value ==',
    client: { name: 'eval:valeu' },
    check: { name: ['eval: nonsense('], status: 'eval: value.nil?' },
  });
  expect(mistakes).toEqual([
    { steps: ['action'], mistake: expect.objectContaining({ position: 14 }) },
    {
      steps: ['client', 'name'],
      mistake: expect.objectContaining({ position: 5, hint: 'did you mean "value"?' }),
    },
  ]);
  expect(plan.match(event, clock)).toMatchObject({
    matched: false,
    attribute: 'action',
    error: expect.any(String),
  });
});

test('the clock is the one handed in', () => {
  const { plan } = planAttributes({ occurrences: 'eval: Time.now.to_i == value' });
  expect(plan.match(event, { now: () => 120_000 }).matched).toBe(true);
  expect(plan.match(event, { now: () => 121_000 }).matched).toBe(false);
});

test('without eval it is the plain match', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.jsonValue(), (wanted, document) => {
      const { plan, mistakes } = planAttributes(wanted);
      if (mistakes.length === 0)
        expect(plan.match(document, clock)).toEqual(matchAttributes(wanted, document));
    }),
    { numRuns: RANDOM_INPUTS },
  );
});
