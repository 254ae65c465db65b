import { describe, expect, it } from 'vitest';
import type { Event } from '../../../model/event.ts';
import type { ClientState } from '../../../state/documents.ts';
import type { FeedItem } from '../../../store/port.ts';
import { MessageMaker } from './messages.ts';

const change = (kind: string, name: string, value: unknown) =>
  ({ cursor: '1', type: 'document', kind, name, value }) as Extract<FeedItem, { type: 'document' }>;
const event = (id: string) => ({ id, client: { name: 'a' }, check: { name: 'b' } }) as Event;
const state = (status: number, open: Event | null, history = [status]) => ({
  ...{ check: { name: 'b', status, output: '' }, history, last_ok: null, event: open, taken: [] },
});
const told = (maker: MessageMaker, item: Parameters<MessageMaker['messagesOf']>[0]) =>
  maker.messagesOf(item).map(({ type, subject, data }) => [type, subject, data()]);

const CLIENTS: Record<string, { redact?: string[] }> = { a: {}, pinned: { redact: ['pin'] } };
const makerOf = (...open: Event[]) =>
  new MessageMaker(open, (name) => ({ client: CLIENTS[name] }) as unknown as ClientState);

const RESULT = { client: 'a', check: { name: 'b', status: 2, output: '', history: [2] } };

describe('MessageMaker', () => {
  it('tells of an event when it changes and once when it is gone', () => {
    const maker = makerOf();
    const open = event('e1');
    expect(told(maker, change('state', 'a/b', state(2, open)))).toEqual([
      ['result', 'result', RESULT],
      ['event', 'event', open],
    ]);
    expect(told(maker, change('state', 'a/b', state(2, open)))).toEqual([['result', 'result', RESULT]]);
    const gone = ['removed', 'event', { kind: 'event', client: 'a', check: 'b', id: 'e1' }];
    expect(told(maker, change('state', 'a/b', state(2, null)))).toEqual([['result', 'result', RESULT], gone]);
    expect(told(maker, change('state', 'a/b', state(2, null)))).toEqual([['result', 'result', RESULT]]);
  });

  it('knows the events that were open when it began, and after a gap', () => {
    const maker = makerOf(event('e1'));
    const result = ['removed', 'result', { kind: 'result', client: 'a', check: 'b' }];
    const gone = (id: string) => ['removed', 'event', { kind: 'event', client: 'a', check: 'b', id }];
    expect(told(maker, change('state', 'a/b', undefined))).toEqual([result, gone('e1')]);
    maker.restart([event('e2')]);
    expect(told(maker, change('state', 'a/b', undefined))).toEqual([result, gone('e2')]);
    expect(told(maker, change('state', 'a/b', undefined))).toEqual([result]);
  });

  it('tells that a result is gone while its event stays', () => {
    const open = event('e1');
    const maker = makerOf(open);
    maker.restart([open]);
    expect(told(maker, change('state', 'a/b', state(2, open, [])))).toEqual([
      ['removed', 'result', { kind: 'result', client: 'a', check: 'b' }],
    ]);
  });

  it('tells of clients without their secrets, of silences, and of logs', () => {
    const maker = makerOf();
    const client = { client: { name: 'a', password: 'x', subscriptions: [], timestamp: 1 } };
    expect(told(maker, change('client', 'a', client))).toEqual([
      ['client', 'client', { ...client.client, password: 'REDACTED' }],
    ]);
    expect(told(maker, change('client', 'a', undefined))).toEqual([
      ['removed', 'client', { kind: 'client', client: 'a' }],
    ]);
    expect(told(maker, change('silence', 'web:*', { silence: { id: 'web:*' }, endsAtMs: 5_999 }))).toEqual([
      ['silence', 'silence', { id: 'web:*', ends_at: 5 }],
    ]);
    expect(told(maker, change('silence', 'web:*', { silence: { id: 'web:*' }, endsAtMs: null }))).toEqual([
      ['silence', 'silence', { id: 'web:*', ends_at: null }],
    ]);
    const stash = { path: 'a/b', content: { x: 1 }, endsAtMs: null };
    expect(told(maker, change('stash', 'a/b', stash))).toEqual([
      ['stash', 'stash', { path: 'a/b', content: { x: 1 }, ends_at: null }],
    ]);
    expect(told(maker, change('stash', 'a/b', undefined))).toEqual([
      ['removed', 'stash', { kind: 'stash', path: 'a/b' }],
    ]);
    expect(told(maker, change('silence', 'web:*', undefined))).toEqual([
      ['removed', 'silence', { kind: 'silence', id: 'web:*' }],
    ]);
    const log = (name: string, entry: unknown) =>
      ({ cursor: '1', type: 'log', log: name, timeMs: 1, entry }) as Extract<FeedItem, { type: 'log' }>;
    expect(told(maker, log('transitions/a/b', { status: 1 }))).toEqual([
      ['transition', 'transition', { client: 'a', check: 'b', status: 1 }],
    ]);
    expect(told(maker, log('removals/-/-', { client: 'a', check: null }))).toEqual([
      ['removal', 'removal', { client: 'a', check: null }],
    ]);
    expect(told(maker, log('deliveries/a/b', { handler: 'x' }))).toEqual([
      ['delivery', 'delivery', { handler: 'x' }],
    ]);
  });

  it('tells of events and results without the secrets of their client', () => {
    const maker = makerOf();
    const check = { name: 'b', status: 2, output: '', pin: '1', password: 'p' };
    const open = (client: object) => ({ id: 'e', client, check }) as unknown as Event;
    const item = (client: object, name: string) =>
      change('state', `${name}/b`, { ...state(2, open(client)), check });
    const [result, event] = told(maker, item({ name: 'a', pin: '2', snmp: { community: 'c' } }, 'a'));
    expect(result?.[2]).toMatchObject({ check: { pin: '1', password: 'REDACTED' } });
    expect(event?.[2]).toMatchObject({
      client: { pin: '2', snmp: { community: 'REDACTED' } },
      check: { pin: '1', password: 'REDACTED' },
    });
    const own = told(maker, item({ name: 'pinned', pin: '2', redact: ['pin'] }, 'pinned'));
    expect(own[0]?.[2]).toMatchObject({ check: { pin: 'REDACTED', password: 'p' } });
    expect(own[1]?.[2]).toMatchObject({ client: { pin: 'REDACTED' }, check: { pin: 'REDACTED' } });
  });

  it('keeps to itself what is of no concern to readers', () => {
    const maker = makerOf();
    for (const kind of ['delivery', 'attendance', 'something']) {
      expect(maker.messagesOf(change(kind, 'x', {}))).toEqual([]);
    }
    expect(maker.messagesOf({ cursor: '1', type: 'log', log: 'days/a/b', timeMs: 1, entry: {} })).toEqual([]);
  });
});
