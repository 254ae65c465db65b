import { describe, expect, it, onTestFinished } from 'vitest';
import { Registry } from '../../state/registry.ts';
import { startWorld } from '../../testing/api/world.ts';
import { until } from '../../testing/until.ts';

/** A world in which nobody takes results, and whose store can be said to be lost. */
async function startLossy() {
  const base = await startWorld({ consumer: false });
  onTestFinished(() => base.stop());
  let lost = false;
  const store = new Proxy(base.store, {
    get: (target, key) => {
      if (key === 'connected') return !lost;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { transport, views } = base;
  const world = await startWorld({
    consumer: false,
    parts: { registry: new Registry(store), views, transport },
  });
  onTestFinished(() => world.stop());
  return {
    url: world.url,
    base,
    lose: () => {
      lost = true;
    },
  };
}

describe('a store that is lost while a change waits for a server', () => {
  it.each([
    ['POST', '/results', '{"name":"a","output":"x"}'],
    ['POST', '/resolve', '{"client":"i-42","check":"disk"}'],
    ['DELETE', '/events/i-42/disk', undefined],
    ['DELETE', '/clients/i-42', undefined],
  ])('is told at once: %s %s', async (method, path, body) => {
    const { url, base, lose } = await startLossy();
    await base.client({ name: 'i-42' });
    const client = { name: 'i-42', subscriptions: [], timestamp: 1 };
    const check = { name: 'disk', status: 2, output: '', history: ['2'], total_state_change: 0 };
    const event = {
      ...{ id: 'e-1', client, check, occurrences: 1, occurrences_watermark: 1, last_ok: null },
      ...{ action: 'create' as const, timestamp: 1, silenced: false, silenced_by: [] },
    };
    await base.state('i-42', { check: { name: 'disk', status: 2, output: '' }, event });
    const answer = fetch(url + path, { method, ...(body === undefined ? {} : { body }) });
    let waiting = 0;
    const look = async (): Promise<void> => {
      waiting = (await base.transport.statistics())?.results.messages ?? 0;
    };
    await look();
    await until(() => {
      void look();
      return waiting > 0;
    }, 'the result waits');
    lose();
    const told = await answer;
    expect([told.status, await told.json()]).toEqual([500, { error: 'not connected to redis' }]);
  });
});
