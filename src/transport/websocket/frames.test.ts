import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { MOST_SUBSCRIPTIONS, readAgentFrame, readHello, readServerFrame } from './frames.ts';
import { foreignName } from './names.ts';

const text = (frame: unknown): string => JSON.stringify(frame);
const id = { agent: 'i-42', boot: 'b', number: 7 };

describe('readHello', () => {
  it.each([
    ['no JSON', 'hello', 'must be a hello'],
    ['another frame', text({ type: 'result', number: 1 }), 'must be a hello'],
    ['no protocol', text({ type: 'hello', client: 'i-42' }), '"protocol"'],
    ['a name with a newline', text({ type: 'hello', protocol: 1, client: 'i-42\nroot' }), '"client"'],
    ['a name that is too long', text({ type: 'hello', protocol: 1, client: 'a'.repeat(256) }), '"client"'],
    ['a token that is no text', text({ type: 'hello', protocol: 1, client: 'i-42', token: {} }), '"token"'],
  ])('does not read %s', (_what, frame, fault) => {
    expect(readHello(frame)).toMatchObject({ type: 'unreadable', fault: expect.stringContaining(fault) });
  });

  it('reads what an older or newer agent may send', () => {
    expect(readHello(text({ type: 'hello', protocol: 1, client: 'i-42' }))).toMatchObject({ version: '' });
    const newer = { type: 'hello', protocol: 2, client: 'i-42', version: '9.9', time: 3, shoe_size: 44 };
    expect(readHello(text(newer))).toEqual({ ...newer, shoe_size: undefined, token: undefined });
  });
});

describe('readAgentFrame', () => {
  it.each([
    ['text that is no JSON', '{', '"a frame'],
    ['an array', '[]', '"a frame'],
    ['no number', text({ type: 'keepalive', body: {} }), '"number"'],
    ['a number that is none', text({ type: 'ended', number: 1.5 }), '"number"'],
    ['a wrong id', text({ type: 'result', number: 1, id: { ...id, number: 0 } }), '"id"'],
    ['an id of nobody', text({ type: 'result', number: 1, id: { ...id, agent: 'a\nb' } }), '"id"'],
    ['an id before itself', text({ type: 'result', number: 1, id: { ...id, previous: 7 } }), '"id"'],
    [
      'too many subscriptions',
      text({
        type: 'subscribe',
        number: 1,
        client: 'i-42',
        subscriptions: new Array(MOST_SUBSCRIPTIONS + 1).fill('web'),
      }),
      '"subscriptions"',
    ],
    [
      'subscriptions that are no texts',
      text({ type: 'subscribe', number: 1, client: 'i-42', subscriptions: [1] }),
      '"subscriptions"',
    ],
  ])('does not read %s', (_what, frame, fault) => {
    expect(readAgentFrame(frame)).toMatchObject({
      type: 'unreadable',
      fault: expect.stringContaining(fault.replace('"a frame', 'a frame')),
    });
  });

  it('keeps a result as it was sent', () => {
    const frame = {
      type: 'result',
      number: 3,
      id: { ...id, previous: 4 },
      spooled: true,
      body: { client: 'x' },
    };
    expect(readAgentFrame(text(frame))).toEqual(frame);
  });

  it('passes over what it does not know', () => {
    expect(readAgentFrame(text({ type: 'metrics', points: [] }))).toEqual({ type: 'unknown' });
    expect(readServerFrame(text({ type: 'advice', text: 'drink water' }))).toEqual({ type: 'unknown' });
    expect(readAgentFrame(text({ type: 'keepalive', number: 1, body: {}, mood: 'good' }))).toEqual({
      type: 'keepalive',
      number: 1,
      body: {},
    });
  });

  it('throws at nothing', () => {
    const types = ['hello', 'result', 'keepalive', 'ended', 'subscribe', 'unsubscribe', 'taken', 'not_taken'];
    const frame = fc.record(
      {
        type: fc.constantFrom(...types, 'request', 'welcome', 'refused', 'leaving'),
        number: fc.oneof(fc.nat(), fc.jsonValue()),
        client: fc.jsonValue(),
        subscriptions: fc.jsonValue(),
        numbers: fc.jsonValue(),
        id: fc.jsonValue(),
        again_in: fc.jsonValue(),
        body: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), frame.map(text)), (sent) => {
        for (const read of [readHello, readAgentFrame, readServerFrame])
          expect(typeof read(sent).type).toBe('string');
      }),
      { numRuns: RANDOM_INPUTS },
    );
  });
});

describe('foreignName', () => {
  const own = (name: string): boolean => name === 'i-42' || name.startsWith('switch-');
  it.each([
    [{ type: 'result', number: 1, body: { client: 'i-42', check: { name: 'disk' } } }, undefined],
    [{ type: 'result', number: 1, body: { client: 'i-42', check: { source: 'switch-7' } } }, undefined],
    [{ type: 'result', number: 1, body: { client: 'i-43', check: { name: 'disk' } } }, 'i-43'],
    [{ type: 'result', number: 1, body: { client: 'i-42', check: { source: 'i-43' } } }, 'i-43'],
    [{ type: 'result', number: 1, id: { ...id, agent: 'i-43' }, body: { client: 'i-42' } }, 'i-43'],
    [{ type: 'result', number: 1, body: null }, undefined],
    [{ type: 'result', number: 1, body: { client: ['i-43'], check: 7 } }, undefined],
    [{ type: 'keepalive', number: 1, body: { name: 'i-43' } }, 'i-43'],
    [{ type: 'keepalive', number: 1, body: { name: 'i-42', client: 'i-43' } }, undefined],
    [{ type: 'subscribe', number: 1, client: 'i-43', subscriptions: [] }, 'i-43'],
    [{ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['web', 'client:i-43'] }, 'i-43'],
    [{ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['direct:i-43'] }, 'i-43'],
    [{ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['client:i-42\n', 'web'] }, 'i-42\n'],
    [{ type: 'subscribe', number: 1, client: 'i-42', subscriptions: ['roundrobin:client:i-43'] }, undefined],
    [{ type: 'unsubscribe', number: 1 }, undefined],
  ] as const)('of %j is %s', (frame, expected) => {
    expect(foreignName(frame, own)).toBe(expected);
  });
});
