import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckRequest, CheckResult } from '../model/check.ts';
import { nextOnGrid, splayOffsetMs } from '../model/splay.ts';
import { type CheckPlugin, defineCheck, Type } from '../plugin.ts';
import { type AgentWorld, agentWorld } from '../testing/agent.ts';
import { type ManualClock, settle } from '../testing/clock.ts';
import { RANDOM_INPUTS } from '../testing/random.ts';
import { type SettingsOverrides, testSettings } from '../testing/settings.ts';

const HOUR_MS = 3_600_000;

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function setUp(
  settings: SettingsOverrides = {},
  checks: readonly CheckPlugin[] = [],
  server: 'listening' | 'deaf' = 'listening',
): Promise<AgentWorld> {
  const world = await agentWorld({ settings, checks, server });
  worlds.push(world);
  return world;
}

describe('keepalives', () => {
  it('go out at once and then every 20 s, with version and time, without secrets and without a number', async () => {
    const client = {
      name: 'i-42',
      address: '10.0.0.9',
      subscriptions: ['web'],
      tier: 'gold',
      service: { password: 'xyzzy', port: 1 },
      signature: 's3',
    };
    const { agent, clock, keepalives } = await setUp({ client });
    await agent.start();
    await settle();
    expect(keepalives).toEqual([
      { ...client, service: { password: 'REDACTED', port: 1 }, version: '1.2.3', timestamp: 1_800_000_000 },
    ]);
    await clock.advance(60_000);
    expect(keepalives.map(({ timestamp }) => timestamp - 1_800_000_000)).toEqual([0, 20, 40, 60]);
    await agent.stop();
    await clock.advance(60_000);
    expect(keepalives.length).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it('use the client’s own list of secrets when it has one', async () => {
    const client = {
      name: 'i-42',
      address: '',
      subscriptions: [],
      redact: ['tier'],
      tier: 'gold',
      password: 'shown',
    };
    const { agent, keepalives } = await setUp({ client });
    await agent.start();
    await settle();
    expect(keepalives[0]).toMatchObject({ tier: 'REDACTED', password: 'shown' });
    await agent.stop();
  });

  it('that cannot be delivered are counted and logged, and the next ones follow', async () => {
    const { agent, clock, counters, log, transport } = await setUp();
    await transport.close();
    await expect(agent.start()).rejects.toMatchObject({ kind: 'closed' });
    await settle();
    expect(counters.read('keepalives_unsent')).toBe(1);
    expect(log.lines.some((line) => line.level === 'warn' && line.message.includes('keepalive'))).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('requests', () => {
  it('become numbered results with everything the request said', async () => {
    const { agent, request, results, spawner, clock } = await setUp();
    await agent.start();
    spawner.answer = { output: 'DISK OK\n', status: 0, durationMs: 41.6 };
    await request({
      name: 'disk',
      command: 'check-disk',
      handlers: ['mail'],
      playbook: 'http://wiki/disk',
      issued: 7,
    });
    await request({ name: 'load', command: 'check-load', timeout: 2.5, source: 'switch-1' }, 'client:i-42');
    expect(results.map(({ body }) => body)).toEqual([
      {
        client: 'i-42',
        check: {
          name: 'disk',
          command: 'check-disk',
          handlers: ['mail'],
          playbook: 'http://wiki/disk',
          issued: 7,
          executed: clock.now() / 1000,
          duration: 0.042,
          output: 'DISK OK\n',
          status: 0,
        },
      },
      { client: 'i-42', check: expect.objectContaining({ name: 'load', source: 'switch-1', timeout: 2.5 }) },
    ]);
    expect(results.map(({ id }) => id?.number)).toEqual([1, 2]);
    expect(results[0]?.id?.agent).toBe('i-42');
    expect(results[0]?.id?.boot).toBe(results[1]?.id?.boot);
    expect(spawner.lines).toEqual([
      { command: 'check-disk', stdin: undefined, timeoutMs: 600_000 },
      { command: 'check-load', stdin: undefined, timeoutMs: 2_500 },
    ]);
    await agent.stop();
  });

  it('carry the signature of a client that has one', async () => {
    const { client } = testSettings();
    const { agent, request, results } = await setUp({ client: { ...client, signature: 's3' } });
    await agent.start();
    await request({ name: 'disk', command: 'check-disk' });
    expect(results[0]?.body.signature).toBe('s3');
    await agent.stop();
  });

  it('feed client and check to a command that wants them, secrets included', async () => {
    const client = { name: 'i-42', address: '', subscriptions: ['web'], password: 'xyzzy' };
    const { agent, request, spawner } = await setUp({ client });
    await agent.start();
    await request({ name: 'disk', command: 'check-disk', stdin: true });
    expect(JSON.parse(spawner.lines[0]?.stdin ?? '')).toEqual({
      client,
      check: { name: 'disk', command: 'check-disk', stdin: true, issued: 1_800_000_000 },
    });
    await agent.stop();
  });

  it('have the local definition laid over them, but not when they were made for another client', async () => {
    const checks = [{ name: 'disk', command: 'local-disk', handlers: ['pager'] }];
    const { agent, request, results } = await setUp({ checks });
    await agent.start();
    await request({ name: 'disk', command: 'remote-disk', handlers: ['mail'], team: 'a' });
    await request({ name: 'disk', command: 'remote-disk', source: 'switch-1', proxy_requests: null });
    expect(results[0]?.body.check).toMatchObject({ command: 'local-disk', handlers: ['pager'], team: 'a' });
    expect(results[1]?.body.check).toMatchObject({ command: 'remote-disk', source: 'switch-1' });
    await agent.stop();
  });

  it('for a check that is still running are dropped and counted; other sources run beside it', async () => {
    const { agent, counters, request, results, spawner } = await setUp();
    spawner.answer = 'hang';
    await agent.start();
    await request({ name: 'ping', command: 'ping' });
    await request({ name: 'ping', command: 'ping' });
    await request({ name: 'ping', command: 'ping', source: 'switch-1' });
    await request({ name: 'ping', command: 'ping', source: 'switch-1' });
    await request({ name: 'ping', command: 'ping', source: 'switch-2' });
    expect(spawner.running).toBe(3);
    expect(counters.read('requests_in_progress')).toBe(2);
    spawner.finish();
    await settle();
    expect(results.length).toBe(3);
    await request({ name: 'ping', command: 'ping' });
    expect(spawner.running).toBe(1);
    await agent.stop();
  });

  it('that name nothing to run are counted and logged, and give no result', async () => {
    const { agent, counters, log, request, results } = await setUp();
    await agent.start();
    await request({ name: 'mystery' });
    await request({ name: 'disk', extension: 'constructor' });
    expect(results).toEqual([]);
    expect(counters.read('requests_unknown')).toBe(2);
    expect(log.lines.filter((line) => line.fields.check === 'mystery').length).toBe(1);
    await agent.stop();
  });

  it('that are invalid are counted each and logged once per cause', async () => {
    const { agent, counters, log, request, results, transport } = await setUp();
    await agent.start();
    for (let count = 0; count < 5; count++) await request({ name: `no/name ${count}`, command: 'x' });
    await request({ name: 'disk', command: 'x', timeout: -1 });
    await transport.publishRequest('web', 'nonsense' as unknown as CheckRequest);
    await settle();
    expect(counters.read('requests_invalid')).toBe(7);
    expect(
      log.lines.filter((line) => line.message.includes('invalid')).map((line) => line.fields.path),
    ).toEqual(['name', 'timeout', '']);
    expect(results).toEqual([]);
    await agent.stop();
  });

  it('never bring the agent down, whatever JSON they are', async () => {
    const { agent, counters, request, results, spawner, transport } = await setUp();
    spawner.answer = { output: 'ok' };
    await agent.start();
    const member = fc.constantFrom(
      'name',
      'command',
      'extension',
      'timeout',
      'stdin',
      'source',
      'issued',
      '__proto__',
    );
    const attributes = fc.dictionary(
      member,
      fc.oneof(fc.jsonValue(), fc.constantFrom('disk', 7, 'true', '')),
    );
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), attributes), async (document) => {
        sent += 1;
        await transport.publishRequest('web', document as unknown as CheckRequest);
        await settle();
        const dropped = counters.read('requests_invalid') + counters.read('requests_unknown');
        expect(dropped + results.length).toBe(sent);
      }),
      { numRuns: RANDOM_INPUTS },
    );
    const before = results.length;
    await request({ name: 'disk', command: 'true' });
    expect(results.length).toBe(before + 1);
    await agent.stop();
  });
});

describe('standalone checks', () => {
  const disk = { name: 'disk', command: 'check-disk', standalone: true, interval: 60, handlers: ['mail'] };
  const offsetMs = splayOffsetMs('i-42:disk', 60_000);

  /** Moments of execution, and whether each of them lies on the grid. */
  function moments(results: readonly { body: CheckResult }[]): number[] {
    return results.map(({ body }) => body.check.executed ?? 0);
  }

  it('run on their grid, with an issued time, as they are defined', async () => {
    const { agent, clock, results } = await setUp({ checks: [disk] });
    const startMs = clock.now();
    await agent.start();
    await clock.advance(10 * 60_000);
    const firstMs = nextOnGrid(startMs, offsetMs, 60_000);
    const expected = Array.from({ length: 10 }, (_, index) => Math.floor((firstMs + index * 60_000) / 1000));
    expect(moments(results)).toEqual(expected);
    expect(results[0]?.body.check).toEqual({
      ...disk,
      issued: expected[0],
      executed: expected[0],
      duration: 0.001,
      output: 'ok\n',
      status: 0,
    });
    await agent.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(HOUR_MS);
    expect(results.length).toBe(10);
  });

  it('are those with an interval that are to be published', async () => {
    const checks = [
      disk,
      { ...disk, name: 'unpublished', publish: false },
      { ...disk, name: 'asked-for', standalone: false },
      { name: 'timeless', command: 'x', standalone: true },
    ];
    const { agent, clock, results } = await setUp({ checks });
    await agent.start();
    await clock.advance(60_000);
    expect(results.map(({ body }) => body.check.name)).toEqual(['disk']);
    await agent.stop();
  });

  it.each([
    ['set forward by an hour', (clock: ManualClock) => clock.step(HOUR_MS)],
    ['set back by an hour', (clock: ManualClock) => clock.step(-HOUR_MS)],
    ['asleep for an hour', (clock: ManualClock) => clock.suspend(HOUR_MS)],
    [
      'asleep for an hour that elapsed',
      (clock: ManualClock) => clock.suspend(HOUR_MS, { elapsedGoesOn: true }),
    ],
  ])('run at most once beside their grid when the clock was %s', async (_, disturb) => {
    const { agent, clock, results } = await setUp({ checks: [disk] });
    await agent.start();
    await clock.advance(5 * 60_000);
    const before = results.length;
    disturb(clock);
    const disturbedMs = clock.now();
    await clock.advance(5 * 60_000);
    const after = moments(results).slice(before);
    const onGrid = (seconds: number): boolean =>
      seconds === Math.floor(nextOnGrid(seconds * 1000, offsetMs, 60_000) / 1000);
    expect(after.filter((seconds) => !onGrid(seconds)).length).toBeLessThanOrEqual(1);
    expect(after.filter(onGrid).length).toBe(5);
    expect(after.length).toBeLessThanOrEqual(6);
    expect(after.at(-1)).toBeGreaterThan(disturbedMs / 1000 + 4 * 60);
    await agent.stop();
  });

  it('run by their cron when they have one, and not while they are subdued', async () => {
    const always = { days: { all: [{ begin: '00:00', end: '23:59' }] } };
    const checks = [
      { name: 'nightly', command: 'nightly', standalone: true, interval: 1, cron: '*/10 * * * *' },
      { ...disk, name: 'subdued', subdue: always },
    ];
    const { agent, clock, log, results } = await setUp({ checks });
    await agent.start();
    await clock.advance(30 * 60_000);
    expect(results.map(({ body }) => [body.check.name, (body.check.executed ?? 0) % 600])).toEqual([
      ['nightly', 0],
      ['nightly', 0],
      ['nightly', 0],
    ]);
    expect(log.lines.filter(({ message }) => message.includes('subdued')).length).toBe(30);
    await agent.stop();
  });

  it('that take longer than their interval do not pile up', async () => {
    const { agent, clock, counters, spawner } = await setUp({ checks: [disk] });
    spawner.answer = 'hang';
    await agent.start();
    await clock.advance(5 * 60_000);
    expect(spawner.running).toBe(1);
    expect(counters.read('requests_in_progress')).toBe(4);
    await agent.stop();
  });
});

describe('stopping', () => {
  it('ends what runs without a result, and leaves no timer', async () => {
    const hanging = defineCheck({
      name: 'hanging',
      options: Type.Object({}),
      run: () => new Promise(() => {}),
    });
    const { agent, clock, counters, request, results, spawner } = await setUp({}, [hanging]);
    spawner.answer = 'hang';
    await agent.start();
    await request({ name: 'disk', command: 'check-disk' });
    await request({ name: 'hanging' });
    await agent.stop();
    await settle();
    expect(counters.read('checks_stopped')).toBe(2);
    expect(results).toEqual([]);
    expect(clock.pending).toBe(0);
    await agent.stop();
  });

  it('waits no longer than some seconds for what hangs beyond all measure', async () => {
    const { agent, clock, log, request, spawner } = await setUp();
    spawner.answer = 'hang';
    spawner.stuck = true;
    await agent.start();
    await request({ name: 'disk', command: 'check-disk' });
    let stopped = false;
    const stopping = agent.stop().then(() => {
      stopped = true;
    });
    await clock.advance(4_999);
    expect(stopped).toBe(false);
    await clock.advance(2_001);
    await stopping;
    expect(log.lines.some((line) => line.message.includes('without waiting any longer'))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('waits for results that are on their way, within a limit', async () => {
    const { agent, clock, log, transport } = await setUp({ checks: [] }, [], 'deaf');
    await agent.start();
    await transport.publishRequest('web', { name: 'disk', command: 'check-disk', issued: 1 });
    await settle();
    let stopped = false;
    const stopping = agent.stop().then(() => {
      stopped = true;
    });
    await clock.advance(1_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(log.lines.at(-1)?.fields).toEqual({ waited_for: 'the delivery of results', limit_ms: 2_000 });
    expect(clock.pending).toBe(0);
  });

  it('is final', async () => {
    const { agent } = await setUp();
    await agent.stop();
    await expect(agent.start()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('runCheck', () => {
  it('runs a check now and tells nobody', async () => {
    const { agent, results, spawner } = await setUp();
    spawner.answer = { output: 'DISK WARNING\n', status: 1 };
    const executed = await agent.runCheck({ name: 'disk', command: 'check-disk', source: '' });
    expect(executed).toMatchObject({ name: 'disk', status: 1, output: 'DISK WARNING\n' });
    expect(executed).not.toHaveProperty('source');
    expect(results).toEqual([]);
    await agent.stop();
  });

  it('rejects when there is nothing to run, or when the agent stops meanwhile', async () => {
    const { agent, spawner } = await setUp();
    await expect(agent.runCheck({ name: 'mystery' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    spawner.answer = 'hang';
    const running = agent.runCheck({ name: 'disk', command: 'check-disk' });
    await agent.stop();
    await expect(running).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('call-ins', () => {
  it('are what a check reads of a name, and how long the agent has listened', async () => {
    const seen: unknown[] = [];
    const listening = defineCheck({
      name: 'listening',
      options: Type.Object({}),
      run: async (_, { calledIn, check }) => {
        seen.push(calledIn(check.name));
        return { status: 0, output: 'ok' };
      },
    });
    const { agent, clock, request } = await setUp({}, [listening]);
    await agent.start();
    await clock.advance(5_000);
    await request({ name: 'backup', extension: 'listening' });
    agent.callIn('backup', { status: 1, output: 'half done' });
    await clock.advance(2_000);
    await request({ name: 'backup', extension: 'listening' });
    expect(seen).toEqual([
      { last: undefined, sinceMs: 5_000 },
      { last: { atMs: 1_800_000_005_000, ageMs: 2_000, status: 1, output: 'half done' }, sinceMs: 7_000 },
    ]);
    expect(() => agent.callIn('no/name')).toThrow('expected letters');
    expect(() => agent.callIn('backup', { status: 1.5 })).toThrow('expected a status');
    await agent.stop();
  });
});
