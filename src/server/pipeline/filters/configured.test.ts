import { describe, expect, test } from 'vitest';
import type { Filter } from '../../../model/handler.ts';
import { ManualClock } from '../../../testing/clock.ts';
import { type EventOverrides, pluginContext, sampleEvent } from '../../../testing/plugin-context.ts';
import { configuredFilter } from './configured.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

function asked(filter: Filter, event: EventOverrides = {}, nowMs = NOW) {
  const problems: string[] = [];
  const ask = configuredFilter('f', filter, problems);
  return {
    ...ask(sampleEvent(event), { plugin: pluginContext({ clock: new ManualClock(nowMs) }) }),
    problems,
  };
}

describe('eval:', () => {
  test('judges the value, and the record says what was wanted and seen', () => {
    const filter = { attributes: { occurrences: 'eval: value == 1 || value % 60 == 0' } };
    expect(asked(filter, { occurrences: 60 }).held).toBeNull();
    expect(asked(filter, { occurrences: 2 }).held).toEqual({
      by: 'f',
      why: 'the filter passes only events whose occurrences makes "value == 1 || value % 60 == 0" true',
      seen: { attribute: 'occurrences', value: 2 },
    });
  });

  test('that throws is no match; the record says why, and what was seen', () => {
    const { held, error } = asked({ attributes: { check: { foo: 'eval: value > 3' } } });
    expect(held).toMatchObject({ by: 'f', seen: { attribute: 'check.foo', value: null } });
    expect(error).toMatch(
      /^filter "f" could not be evaluated, which counts as no match, so it held the event back: ./,
    );
  });

  test('that throws in a filter that negates holds nothing back, and the record says why', () => {
    const { held, error } = asked({ attributes: { check: { foo: 'eval: value > 3' } }, negate: true });
    expect(held).toBeNull();
    expect(error).toContain('so the event passed');
  });

  test('with a token without a value is no match', () => {
    const { held, error } = asked({ attributes: { occurrences: 'eval: value > :::check.most:::' } });
    expect(held?.by).toBe('f');
    expect(error).toContain('check.most');
  });

  test('that cannot be read matches nothing, and that is told beforehand', () => {
    const { held, problems } = asked({ attributes: { occurrences: 'eval: value ==' } });
    expect(held?.by).toBe('f');
    expect(problems).toEqual([expect.stringMatching(/^filter "f": .*occurrences matches nothing: ./)]);
  });
});

describe('expression', () => {
  test('is asked of client, check and event', () => {
    const filter = { expression: 'check.status + event.occurrences < 5 && client.name == "web-1"' };
    expect(asked(filter).held).toBeNull();
    expect(asked(filter, { occurrences: 3 }).held).toEqual({
      by: 'f',
      why: `the filter passes only events for which ${JSON.stringify(filter.expression)} is true`,
      seen: { attribute: 'check.status', value: 2 },
    });
  });

  test('of a filter that negates holds back what it is true for', () => {
    const filter = { expression: 'check.status == 2', negate: true };
    expect(asked(filter).held).toEqual({
      by: 'f',
      why: 'the filter holds back events for which "check.status == 2" is true',
      seen: { attribute: 'check.status', value: 2 },
    });
    expect(asked(filter, { check: { status: 1 } }).held).toBeNull();
  });

  test('beside attributes: both have to match', () => {
    const filter = { expression: 'check.status == 2', attributes: { occurrences: 2 } };
    expect(asked(filter).held).toBeNull();
    expect(asked(filter, { occurrences: 3 }).held?.seen?.attribute).toBe('occurrences');
    expect(asked(filter, { check: { status: 1 } }).held?.why).toContain('check.status == 2');
  });

  test('that throws cannot judge', () => {
    expect(() => asked({ expression: 'check.nothing > 3' })).toThrow();
  });

  test('that cannot be read cannot judge, which is told beforehand', () => {
    const problems: string[] = [];
    const ask = configuredFilter('f', { expression: 'check.status ==' }, problems);
    expect(problems).toEqual([expect.stringContaining('filter "f" lets every event pass')]);
    expect(() => ask(sampleEvent(), { plugin: pluginContext() })).toThrow('its expression cannot be read');
  });
});

describe('when', () => {
  const when = { days: { all: [{ begin: '11:00 UTC', end: '13:00 UTC' }] } };
  const filter = { attributes: { occurrences: 1 }, when };
  const inside = NOW;
  const outside = NOW + 2 * 3_600_000;

  test('outside its times a filter does not apply, and says until when', () => {
    expect(asked(filter, {}, outside)).toMatchObject({
      held: null,
      notAsked: 'filter "f" did not apply: it is outside its "when" until 2026-11-21T11:00Z',
    });
  });

  test('inside its times it judges, and says until when', () => {
    expect(asked(filter, {}, inside).held?.why).toBe(
      'the filter passes only events whose occurrences is 1; the filter is inside its "when" until 2026-11-20T13:00Z',
    );
    expect(asked(filter, { occurrences: 1 }, inside).held).toBeNull();
  });

  test('a filter that negates passes everything outside as well', () => {
    expect(asked({ ...filter, negate: true }, { occurrences: 1 }, outside).held).toBeNull();
    expect(asked({ ...filter, negate: true }, { occurrences: 1 }, inside).held?.by).toBe('f');
  });

  test('times that cannot be read are told beforehand', () => {
    const { problems, notAsked } = asked({ when: { days: { all: [{ begin: 'soon', end: '13:00' }] } } });
    expect(problems).toEqual([
      expect.stringMatching(/^filter "f": when\.days\.all\[0\]\.begin counts as never: ./),
    ]);
    expect(notAsked).toBe('filter "f" did not apply: it is outside its "when"');
  });
});
