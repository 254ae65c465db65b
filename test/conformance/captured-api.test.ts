import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unixSeconds } from '../../src/runtime/clock.ts';
import { judgeKeepalive } from '../../src/server/intake/keepalive-check.ts';
import { Registry } from '../../src/state/registry.ts';
import { requestCheck } from '../../src/state/requesting.ts';
import { rawRequest } from '../../src/testing/api/raw-http.ts';
import { until } from '../../src/testing/until.ts';
import { type Allowances, captured, replay } from './captured.ts';
import { type House, settingsOf, startHouse } from './house.ts';

const CHECKS = ['ok_check', 'fail_check', 'metric_check', 'rr_check', 'proxy_check', 'cron_check'];
const RESULTS = [...CHECKS, 'standalone_check', 'keepalive'];

/** What is not compared in single answers, and why. */
const ALLOWANCES: Readonly<Record<string, Allowances>> = {
  // The API is asked which transport it has; ours had none to name in this configuration.
  '001-settings_get': { without: ['transport'] },
  '002-settings_redacted_false': { without: ['transport'] },
  '011-clients_limit': { anyItems: true },
  '050-events_limit': { anyItems: true },
  '085-results_limit': { anyItems: true },
  '086-results_limit_offset': { anyItems: true },
  '109-silenced_limit': { anyItems: true },
  '134-stashes_limit': { anyItems: true },
};

/** Requests that were made between the captured ones; without them those after would find nothing. */
const REQUESTS: Readonly<Record<string, [path: string, body: string]>> = {
  '025-clients_post_nosubs': ['/clients', '{"name":"api-client","address":"10.0.0.9","subscriptions":["a"]}'],
  '077-results_post_min': [
    '/results',
    '{"name":"api_result","output":"from api","status":1,"source":"api-src","handler":"default"}',
  ],
  '101-silenced_post_begin': [
    '/silenced',
    '{"subscription":"client:peer-client","check":"fail_check","expire_on_resolve":true}',
  ],
  '129-stash_post_bad': ['/stash/silence/foo', '{"k":[1,2]}'],
};

describe('answers of Sensu Core 1.9 in their order', () => {
  const answers = captured('answers.json');
  let house: House;

  beforeAll(async () => {
    house = await startHouse({
      settings: await settingsOf('api/server.json'),
      agent: await settingsOf('api/client.json'),
    });
    await house.whileAgentRuns(() => runEverything(house));
  });
  afterAll(() => house.stop());

  /** What else happened between the captured requests: checks ran. */
  const happened: Readonly<Record<string, () => Promise<void>>> = {
    '041-request_post': () =>
      house.whileAgentRuns(async () => {
        await replayRequest('041-request_post');
        await replayRequest('042-request_post_subs');
        // An agent that still runs the check drops a request for it, so the last one is made until it is heard.
        for (let tries = 0; tries < 20 && asked(house) !== 'because'; tries++) {
          const before = stateOf(house, 'ok_check');
          await replayRequest('043-request_post_rr');
          await until(() => stateOf(house, 'ok_check') !== before, 'a request was run');
        }
        expect(asked(house)).toBe('because');
      }),
    '117-events_client_silenced': () =>
      house.whileAgentRuns(async () => {
        await run(house, 'fail_check');
        await runStandalone(house, (event) => event.silenced);
        const silenced = () => house.views.state('peer-client', 'fail_check')?.event?.silenced_by.length;
        await until(() => silenced() === 3, 'the event is silenced');
      }),
  };
  const replayRequest = (name: string) => replay(house.port, byName(name), ALLOWANCES[name]);
  const byName = (name: string) => answers.find((answer) => answer.name === name) ?? raise(name);

  for (const answer of answers) {
    const { name } = answer;
    it(name, async () => {
      await happened[name]?.();
      const [path, body] = REQUESTS[name] ?? [];
      if (path !== undefined) await rawRequest(house.port, { method: 'POST', path, body });
      if (name === '085-results_limit') await runStandalone(house, () => true);
      // These three were sent together while the agent ran.
      if (!/^04[123]-/.test(name)) await replay(house.port, answer, ALLOWANCES[name]);
    });
  }
});

describe('answers of Sensu Core 1.9 with user and password', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ settings: await settingsOf('api/server-with-password.json') });
  });
  afterAll(() => house.stop());

  // Theirs had no server beside it then.
  const allowances: Readonly<Record<string, Allowances>> = {
    '01-ok': { without: ['servers'] },
    '09-settings': { without: ['transport'] },
  };
  for (const answer of captured('answers-with-password.json')) {
    it(answer.name, () => replay(house.port, answer, allowances[answer.name]));
  }
});

describe('answers of Sensu Core 1.9 while something is not connected', () => {
  let house: House;
  let lost = '';
  beforeAll(async () => {
    const settings = await settingsOf('api/server-with-password.json');
    house = await startHouse({
      settings,
      around: ({ transport, registry }) => ({
        transport: sometimesGone(transport, () => lost === 'rabbit'),
        registry: new Registry(sometimesGone(registry.store, () => lost === 'redis')),
      }),
    });
  });
  afterAll(() => house.stop());

  for (const answer of captured('answers-disconnected.json')) {
    const { name } = answer;
    if (/-(nothing-up|redis-only)$/.test(name)) {
      it(`exempt: ${name}: our API opens its port only when store and transport have been opened`, () => {
        expect(answer.body).toContain('not initialized');
      });
      continue;
    }
    it(name, async () => {
      lost = /(rabbit|redis)-lost$/.exec(name)?.[1] ?? '';
      await replay(house.port, answer, name === '09-info-rabbit-lost' ? { without: ['servers'] } : {});
    });
  }
});

/** Brings the state about that was there when the first answer was captured. */
async function runEverything(house: House): Promise<void> {
  for (const check of CHECKS) await run(house, check);
  const known = house.views.client('peer-client') ?? raise('peer-client');
  const facts = { check: house.settings.keepalives.check, hasHandler: false, now: unixSeconds(house.clock) };
  const { check } = judgeKeepalive(known.client, 0, facts);
  await house.transport.publishResult({ body: { client: 'peer-client', check, signature: '' } });
  await until(() => RESULTS.every((name) => stateOf(house, name) !== undefined), 'every check has run');
}

function stateOf(house: House, check: string) {
  return house.views.state(check === 'proxy_check' ? 'switch-x' : 'peer-client', check);
}

/** Asks for a check as the schedule does, and waits for its result. */
async function run(house: House, name: string): Promise<void> {
  const before = stateOf(house, name);
  const check = house.settings.checks.get(name) ?? raise(name);
  await until(() => house.views.client('peer-client') !== undefined, 'the client is known');
  await requestCheck(house, check);
  await until(() => stateOf(house, name) !== before, `${name} has run`);
}

/** Waits for a run of the check that the agent schedules by itself. */
async function runStandalone(house: House, when: (event: { silenced: boolean }) => boolean): Promise<void> {
  const event = () => house.views.state('peer-client', 'standalone_check')?.event;
  await until(() => {
    const open = event();
    return open != null && when(open);
  }, 'the standalone check has run');
}

function asked(house: House): unknown {
  const requested = stateOf(house, 'ok_check')?.check['api_requested'];
  return (requested as { reason?: unknown } | undefined)?.reason;
}

function sometimesGone<Port extends object>(port: Port, gone: () => boolean): Port {
  return new Proxy(port, {
    get: (target, key) => {
      if (key === 'connected') return !gone();
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function raise(name: string): never {
  throw new Error(`there is no ${name}`);
}
