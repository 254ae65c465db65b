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
    await until(source, 8);
    expect(types(source)).toEqual([
      ...['client', 'result', 'event', 'transition'],
      ...['result', 'removed', 'transition'],
    ].slice(0, 7).concat(types(source).slice(7)));
    expect(source.messages[0]?.data).toMatchObject({ name: 'i-42', password: 'REDACTED' });
    expect(source.messages[1]?.data).toMatchObject({ client: 'i-42', check: { status: 2, history: [2] } });
    expect(source.messages[2]?.data).toMatchObject({ check: { history: ['2'] }, action: 'create' });
    const shown = await (await fetch(`${here.url}/results/i-42/disk`)).json();
    expect(source.messages[4]?.data).toEqual(shown);
  });
});
