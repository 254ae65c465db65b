import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type EventSource, openEventSource } from '../../../testing/api/event-source.ts';
import { startWorld, type World, type WorldOptions } from '../../../testing/api/world.ts';

async function world(options: WorldOptions = {}): Promise<World> {
  const started = await startWorld(options);
  onTestFinished(() => started.stop());
  return started;
}

async function listen(from: World, query = '', headers: Record<string, string> = {}): Promise<EventSource> {
  const source = await openEventSource(`${from.url}/api/v1/stream${query}`, { headers });
  onTestFinished(() => source.close());
  // A reader who is new is told where it stands, so that it can come back.
  await vi.waitFor(() => expect(source.lastId()).toBeDefined());
  return source;
}

const until = (source: EventSource, count: number) =>
  vi.waitFor(() => expect(source.messages.length).toBeGreaterThanOrEqual(count), { timeout: 10_000 });
const types = (source: EventSource) => source.messages.map(({ event }) => event);

describe('the stream', () => {
  it('tells every change, in order, as the lists show it', async () => {
    const here = await world();
    const source = await listen(here);
    expect(source.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(source.headers['cache-control']).toBe('no-store');
    await here.client({ name: 'i-42', password: 'x' });
    await here.result('i-42', 'disk', 2, 'full');
    await here.result('i-42', 'disk', 0, 'fine');
    await until(source, 7);
    expect(types(source)).toEqual([
      'client',
      'result',
      'event',
      'transition',
      'result',
      'removed',
      'transition',
    ]);
    expect(source.messages[0]?.data).toMatchObject({ name: 'i-42', password: 'REDACTED' });
    expect(source.messages[1]?.data).toMatchObject({ client: 'i-42', check: { status: 2, history: [2] } });
    expect(source.messages[2]?.data).toMatchObject({ check: { history: ['2'] }, action: 'create' });
    const shown = await (await fetch(`${here.url}/results/i-42/disk`)).json();
    expect(source.messages[4]?.data).toEqual(shown);
  });
  it('goes on behind the last change that a reader has seen', async () => {
    const here = await world();
    const first = await listen(here, '?types=result');
    await here.result('i-42', 'disk', 0, 'one');
    await until(first, 1);
    first.close();
    const seen = first.lastId() ?? '';
    await here.result('i-42', 'disk', 0, 'two');
    await here.result('i-42', 'disk', 0, 'three');
    const outputs = (source: EventSource) =>
      source.messages.map(({ data }) => (data as { check: { output: string } }).check.output);
    for (const source of [
      await listen(here, '?types=result', { 'Last-Event-ID': seen }),
      await listen(here, `?types=result&after=${encodeURIComponent(seen)}`),
    ]) {
      await until(source, 2);
      expect(outputs(source)).toEqual(['two', 'three']);
    }
  });

  it('gives the id of a change with its last message only, so that none is missed', async () => {
    const here = await world();
    const source = await listen(here);
    const before = source.lastId();
    await here.result('i-42', 'disk', 2);
    await until(source, 4);
    const ofState = source.messages.filter(({ event }) => event === 'result' || event === 'event');
    expect(ofState.map(({ event }) => event)).toEqual(['result', 'event']);
    expect(ofState[0]?.id).not.toBe(ofState[1]?.id);
    expect(ofState[1]?.id).not.toBe(before);
  });

  it('tells a reader who comes back too late, or from elsewhere, to start over', async () => {
    const here = await world({ limits: { streamChanges: 2 } });
    const first = await listen(here);
    const old = first.lastId() ?? '';
    for (const output of ['one', 'two', 'three']) await here.result('i-42', 'disk', 0, output);
    for (const cursor of [old, 'nonsense', '\u00ff']) {
      const source = await listen(here, '', { 'Last-Event-ID': cursor });
      await until(source, 1);
      expect(source.messages).toMatchObject([{ event: 'resync', data: {}, id: here.views.cursor }]);
    }
    expect(here.counters.read('streams_behind')).toBe(0);
  });

  it('tells only what was asked for, removals of it included', async () => {
    const here = await world();
    const source = await listen(here, '?types=event,silence');
    await here.result('i-42', 'disk', 1);
    await here.result('i-42', 'disk', 0);
    await until(source, 2);
    expect(types(source)).toEqual(['event', 'removed']);
    expect(source.messages[1]?.data).toMatchObject({ kind: 'event', client: 'i-42', check: 'disk' });
    const refused = await fetch(`${here.url}/api/v1/stream?types=event,nonsense`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('transition') });
  });

  it('shows that it lives while nothing happens, and moves the id on', async () => {
    const here = await world({ limits: { streamHeartbeatMs: 20 } });
    const source = await listen(here, '?types=silence');
    await here.result('i-42', 'disk', 1);
    await vi.waitFor(() => expect(source.lastId()).toBe(here.views.cursor));
    expect(source.comments).toContain('still here');
    expect(source.messages).toEqual([]);
  });

  it('holds little for a reader who does not read, and then tells it to start over', async () => {
    const here = await world({ limits: { streamChanges: 10, streamBufferBytes: 4096 } });
    const slow = await listen(here, '?types=result');
    const quick = await listen(here, '?types=result');
    slow.pause();
    const count = 120;
    for (let number = 0; number < count; number++) {
      const output = `${number} ${'x'.repeat(200_000)}`;
      await here.state('i-42', { check: { name: 'disk', status: 0, output } });
      await until(quick, number + 1);
    }
    expect(here.counters.read('streams_behind')).toBe(0);
    slow.resume();
    await vi.waitFor(() => expect(types(slow)).toContain('resync'), { timeout: 10_000 });
    expect(here.counters.read('streams_behind')).toBe(1);
    const at = types(slow).indexOf('resync');
    expect(at).toBeLessThan(count);
    await here.result('i-42', 'disk', 0, 'afterwards');
    await until(slow, at + 2);
    expect(slow.messages.at(-1)?.data).toMatchObject({ check: { output: 'afterwards' } });
    expect(types(quick)).not.toContain('resync');
  });

  it('takes so many readers and no more', async () => {
    const here = await world({ limits: { streams: 1 } });
    const first = await listen(here);
    expect((await fetch(`${here.url}/api/v1/stream`)).status).toBe(503);
    expect(here.counters.read('streams_refused')).toBe(1);
    first.close();
    await vi.waitFor(async () => {
      const next = await openEventSource(`${here.url}/api/v1/stream`);
      next.close();
      expect(next.status).toBe(200);
    });
  });

  it('ends when the API closes, whether or not somebody reads', async () => {
    const here = await world({ limits: { closeMs: 60_000, streamBufferBytes: 4096 } });
    const reading = await listen(here);
    const stalled = await listen(here);
    stalled.pause();
    for (let number = 0; number < 60; number++) {
      await here.state('i-42', { check: { name: 'disk', status: 0, output: 'x'.repeat(200_000) } });
    }
    await here.api.close();
    stalled.resume();
    await Promise.all([reading.ended, stalled.ended]);
    expect(here.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is for those who may read', async () => {
    const here = await world({ api: { user: 'foo', password: 'bar' } });
    expect((await fetch(`${here.url}/api/v1/stream`)).status).toBe(401);
    const Authorization = `Basic ${Buffer.from('foo:bar').toString('base64')}`;
    expect((await listen(here, '', { Authorization })).status).toBe(200);
  });
});
