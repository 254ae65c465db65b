import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { page } from './list.ts';
import { Query } from './query.ts';

describe('Query', () => {
  it('decodes nothing, and takes the last of repeated names', () => {
    const query = new Query('a=b%20c&a=d=e&=x&y&z=');
    expect([query.text('a'), query.text('y'), query.text('z'), query.text('')]).toEqual([
      'd=e',
      undefined,
      '',
      undefined,
    ]);
  });

  it('gathers filters into the attributes wanted', () => {
    const wanted = new Query(
      'filter.check.status=2&filter.client.name=a&filter.check.name=x&limit=1',
    ).filter();
    expect(JSON.stringify(wanted)).toBe('{"check":{"status":"2","name":"x"},"client":{"name":"a"}}');
    expect(new Query('limit=1').filter()).toBeUndefined();
  });

  it('cannot be led to a prototype', () => {
    const wanted = new Query('filter.__proto__.polluted=1&filter.constructor.prototype.polluted=1').filter();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(JSON.stringify(wanted)).toContain('"__proto__":{"polluted":"1"}');
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const query = new Query(text);
        query.filter();
        expect(query.whole('limit') ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('page', () => {
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  it('cuts what slice would, and makes only those into documents', () => {
    fc.assert(
      fc.property(fc.nat(15), fc.nat(15), (limit, offset) => {
        let made = 0;
        const answer = page(new Query(`limit=${limit}&offset=${offset}`), numbers, 10, (item) => {
          made++;
          return item;
        });
        const items = [...answer.items].filter((item) => item !== undefined);
        expect(items).toEqual(numbers.slice(offset, offset + limit));
        expect(made).toBe(items.length);
        expect(answer.headers).toEqual({ 'X-Pagination': JSON.stringify({ limit, offset, total: 10 }) });
      }),
    );
  });

  it.each([
    '',
    'limit=',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=1e3',
    'offset=3',
    `limit=${'9'.repeat(30)}`,
  ])('answers all of it to %j', (text) => {
    const answer = page(new Query(text), numbers, 10, (item) => item);
    expect([answer.status, [...answer.items]]).toEqual([200, numbers]);
  });
});
