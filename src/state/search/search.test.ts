import { afterEach, describe, expect, it } from 'vitest';
import { client, closeSearches, find, Memory, openMemory, state } from '../../testing/search.ts';
import type { Subject } from './fields.ts';

afterEach(closeSearches);

describe('a search', () => {
  it('finds by status, check, client, subscription, attribute, text and silence', async () => {
    const { memory, index, level } = openMemory();
    memory.set('client', 'a', client('a', { region: 'eu', subscriptions: ['web', 'client:a'] }));
    memory.set('client', 'b', client('b', { region: 'us', subscriptions: ['db'] }));
    memory.set('state', 'a/disk_root', state('a', 'disk_root', 2, { output: 'Connection REFUSED by peer' }));
    memory.set('state', 'a/load', state('a', 'load', 0));
    memory.set('state', 'b/disk_home', state('b', 'disk_home', 1));
    memory.set('state', 'c/disk_home', state('c', 'disk_home', 200));
    memory.silences.set('client:b:*', {
      silence: { id: 'client:b:*', subscription: 'client:b', check: null, begin: null },
      endsAtMs: null,
    });
    await level();
    const found = async (subject: Subject, q: string) => (await find(index, { subject, q })).items;
    expect(await found('results', 'status:critical')).toEqual(['a/disk_root']);
    expect(await found('results', 'status:>=1')).toEqual(['a/disk_root', 'b/disk_home', 'c/disk_home']);
    expect(await found('results', 'status:200')).toEqual(['c/disk_home']);
    expect(await found('results', 'check:disk* -client:c')).toEqual(['a/disk_root', 'b/disk_home']);
    expect(await found('results', 'client.region:eu')).toEqual(['a/disk_root', 'a/load']);
    expect(await found('results', 'subscription:db')).toEqual(['b/disk_home']);
    expect(await found('results', '"connection refused"')).toEqual(['a/disk_root']);
    expect(await found('results', 'load')).toEqual(['a/load']);
    expect(await found('events', '')).toEqual(['a/disk_root', 'b/disk_home', 'c/disk_home']);
    expect(await found('events', 'silenced:true')).toEqual(['b/disk_home']);
    expect(await found('events', 'silenced_by:client:b*')).toEqual(['b/disk_home']);
    expect(await found('clients', 'status:critical OR name:b')).toEqual(['a', 'b']);
    expect(await found('clients', 'events:0')).toEqual([]);
  });

  it('does not see what is secret, by the usual list or the client’s own', async () => {
    const { memory, index, level } = openMemory();
    memory.set('client', 'a', client('a', { password: 'x', db: { password: 'x', port: 1 }, community: 'x' }));
    memory.set('client', 'b', client('b', { password: 'x', color: 'red', redact: ['color'] }));
    memory.set('state', 'a/load', state('a', 'load', 1));
    memory.set('state', 'b/load', state('b', 'load', 1));
    await level();
    for (const q of ['client.password:x', 'client.password:*', 'client.password:REDACTED']) {
      expect((await find(index, { subject: 'clients', q })).items).toEqual(
        q.endsWith('REDACTED') ? [] : ['b'],
      );
      expect((await find(index, { subject: 'results', q })).total).toBe(q.endsWith('REDACTED') ? 0 : 1);
    }
    expect((await find(index, { subject: 'clients', q: 'client.db.password:x' })).total).toBe(0);
    expect((await find(index, { subject: 'clients', q: 'client.db.port:1' })).total).toBe(1);
    expect((await find(index, { subject: 'clients', q: 'client.color:red' })).total).toBe(0);
    const { counts } = await find(index, { subject: 'clients', counts: ['client.password', 'client.color'] });
    expect(counts).toEqual({ 'client.password': { x: 1 }, 'client.color': {} });
  });

  it('does not see what is secret through its fields and words either', async () => {
    const { memory, index, level } = openMemory();
    const hidden = { address: '10.9.8.7', redact: ['address', 'output'] };
    const subscribed = { address: '10.9.8.7', subscriptions: ['vip'], redact: ['subscriptions'] };
    memory.set('client', 'a', client('a', hidden));
    memory.set('client', 'b', client('b', subscribed));
    for (const name of ['a', 'b']) {
      const known = state(name, 'load', 1);
      const { event } = known;
      const check = { ...known.check, output: 'pin 1234' };
      const told = event && { ...event, check: { ...event.check, output: 'pin 1234' } };
      const told2 = told && { ...told, client: { ...told.client, ...(name === 'a' ? hidden : subscribed) } };
      memory.set('state', `${name}/load`, { ...known, check, event: told2 });
    }
    await level();
    const names = async (subject: Subject, q: string) => (await find(index, { subject, q })).items;
    expect(await names('clients', 'address:10.9*')).toEqual(['b']);
    expect(await names('clients', '10.9.8.7')).toEqual(['b']);
    expect(await names('clients', 'subscription:vip')).toEqual([]);
    for (const subject of ['results', 'events'] as const) {
      expect(await names(subject, 'output:*1234*')).toEqual(['b/load']);
      expect(await names(subject, '1234')).toEqual(['b/load']);
      const { counts } = await find(index, { subject, counts: ['output'] });
      expect(counts).toEqual({ output: { 'pin 1234': 1 } });
    }
  });

  it('counts the values of fields, the most frequent first', async () => {
    const { memory, index, level } = openMemory();
    for (let number = 0; number < 10; number++) {
      memory.set('client', `c${number}`, client(`c${number}`, { zone: number < 7 ? 'a' : 'b' }));
      memory.set('state', `c${number}/load`, state(`c${number}`, 'load', number % 2));
      memory.set('state', `c${number}/disk`, state(`c${number}`, 'disk', 2));
    }
    await level();
    const { counts, total } = await find(index, {
      subject: 'results',
      counts: ['status', 'check', 'client.zone', 'output'],
    });
    expect(total).toBe(20);
    expect(counts).toEqual({
      status: { critical: 10, ok: 5, warning: 5 },
      check: { load: 10, disk: 10 },
      'client.zone': { a: 14, b: 6 },
      output: { fine: 20 },
    });
  });

  it('sorts, and pages behind a cursor', async () => {
    const { memory, index, level } = openMemory();
    for (const [name, status, executed] of [
      ['a', 0, 5],
      ['b', 2, 1],
      ['c', 1, 9],
      ['d', 3, 9],
    ] as const) {
      memory.set('state', `${name}/x`, state(name, 'x', status, { executed }));
    }
    await level();
    const sorted = async (sort: string) => (await find(index, { subject: 'results', sort })).items.join(' ');
    expect(await sorted('client')).toBe('a/x b/x c/x d/x');
    expect(await sorted('-client')).toBe('d/x c/x b/x a/x');
    expect(await sorted('-status')).toBe('b/x c/x d/x a/x');
    expect(await sorted('executed')).toBe('b/x a/x c/x d/x');
    expect(await sorted('-executed')).toBe('c/x d/x a/x b/x');
    const first = await find(index, { subject: 'results', sort: '-executed', limit: 2 });
    expect(first).toMatchObject({ items: ['c/x', 'd/x'], total: 4, next: expect.any(String) });
    const cursor = first.next ?? '';
    const second = await find(index, { subject: 'results', sort: '-executed', limit: 2, cursor });
    expect(second).toMatchObject({ items: ['a/x', 'b/x'], total: 4, next: null });
    for (const wrong of [
      { sort: 'client', cursor },
      { cursor: 'x' },
      { sort: 'password' },
      { counts: ['nothing'] },
    ]) {
      await expect(find(index, { subject: 'results', ...wrong })).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    }
  });

  it('ends a page early when it gets long', async () => {
    const { memory, index, level } = openMemory(new Memory(), { pageLength: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) memory.set('client', name, client(name));
    await level();
    const page = await find(index, { subject: 'clients' });
    expect(page).toMatchObject({ items: ['a', 'b', 'c'], total: 5, next: expect.any(String) });
    const rest = await find(index, { subject: 'clients', cursor: page.next ?? '' });
    expect(rest).toMatchObject({ items: ['d', 'e'], next: null });
  });

  it('follows removals, and reads everything again after a gap', async () => {
    const { memory, index, level } = openMemory();
    memory.set('state', 'a/x', state('a', 'x', 1));
    memory.set('client', 'a', client('a'));
    await level();
    memory.states.delete('a/x');
    memory.clients.delete('a');
    memory.states.set('b/y', state('b', 'y', 1));
    memory.resync();
    await level();
    expect((await find(index, { subject: 'results' })).items).toEqual(['b/y']);
    expect((await find(index, { subject: 'clients' })).items).toEqual([]);
    memory.set('state', 'b/y', undefined);
    await level();
    expect((await find(index, { subject: 'results' })).items).toEqual([]);
  });

  it('refuses what does not fit any more, and finds names up to a bound', async () => {
    const { memory, index, level } = openMemory(new Memory(), { atOnce: 1, waiting: 1 });
    for (const name of ['b', 'a', 'c']) memory.set('client', name, client(name));
    await level();
    const asked = [1, 2, 3].map(() => find(index, { subject: 'clients' }));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SEARCH_BUSY' } });
    expect(await index.searcher.names('clients', '', 3)).toEqual({ value: ['a', 'b', 'c'] });
    await expect(index.searcher.names('clients', '', 2)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
    expect(await index.searcher.names('clients', 'nme:a', 3)).toMatchObject({ mistake: { position: 0 } });
  });

  it('gives up when it takes too long', async () => {
    const { memory, index, level } = openMemory(new Memory(), { searchMs: -1 });
    const output = 'no '.repeat(30_000);
    for (let number = 0; number < 1_000; number++)
      memory.set('state', `c${number}/x`, state(`c${number}`, 'x', 0, { output }));
    await level();
    await expect(find(index, { subject: 'results', q: 'output:*e*' })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
  });
});
