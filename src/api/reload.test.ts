import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../config/settings.ts';
import { startWorld, type World } from '../testing/api/world.ts';
import { testSettings } from '../testing/settings.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ checks: [{ name: 'disk', command: 'x' }] });
});
afterEach(() => world.stop());

function settingsWith(api: Partial<Settings['api']>): Settings {
  const settings = testSettings({ checks: [{ name: 'load', command: 'y' }] });
  return { ...settings, api: { ...settings.api, ...api } };
}

describe('reloading', () => {
  it('changes checks, credentials and headers for browsers, from the next request on', async () => {
    const infoOf = async (headers = {}) =>
      Object.keys((await (await fetch(`${world.url}/info`, { headers })).json()) as object);
    const before = await infoOf();
    world.api.reload(settingsWith({ user: 'foo', password: 'b:r', cors: { Origin: 'https://a.example' } }));
    expect((await fetch(`${world.url}/checks`)).status).toBe(401);
    const headers = { Authorization: `Basic ${Buffer.from('foo:b:r').toString('base64')}` };
    const answer = await fetch(`${world.url}/checks`, { headers });
    expect(await answer.json()).toEqual([{ command: 'y', name: 'load' }]);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://a.example');
    expect(answer.headers.get('Access-Control-Allow-Methods')).toBeNull();
    expect(await infoOf(headers)).toEqual(before);
  });

  it('leaves all as it was when headers cannot be sent', async () => {
    const broken = settingsWith({ user: 'foo', password: 'bar', cors: { Origin: 'a\nb' } });
    expect(() => world.api.reload(broken)).toThrow(/api\.cors/);
    const answer = await fetch(`${world.url}/checks`);
    expect(await answer.json()).toEqual([{ command: 'x', name: 'disk' }]);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
  });
});
