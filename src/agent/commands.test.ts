import { afterEach, describe, expect, it } from 'vitest';
import type { CheckResult } from '../model/check.ts';
import { Counters } from '../runtime/counters.ts';
import { systemClock } from '../runtime/system/clock.ts';
import { createSpawner } from '../runtime/system/spawner/index.ts';
import { memoryLog } from '../testing/log.ts';
import { seededRandom } from '../testing/random.ts';
import { testSettings } from '../testing/settings.ts';
import { until } from '../testing/until.ts';
import { createMemoryTransport } from '../transport/index.ts';
import { createAgent } from './index.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** An agent that runs real commands, and the results that a server hears. */
async function setUp() {
  const clock = systemClock;
  const log = memoryLog();
  const counters = new Counters();
  const transport = createMemoryTransport({ clock });
  const results: CheckResult[] = [];
  await transport.consumeResults(
    async (batch) => {
      results.push(...batch.map(({ body }) => body as CheckResult));
    },
    { size: 100, spacingMs: 0 },
  );
  const agent = createAgent({
    settings: testSettings(),
    transport,
    spawner: createSpawner({ limit: 4, outputLimitBytes: 65_536, clock, log }),
    checks: new Map(),
    clock,
    random: seededRandom(),
    log,
    counters,
    version: '1.2.3',
    listen: false,
  });
  ends.push(
    () => agent.stop(),
    () => transport.close(),
  );
  await agent.start();
  const request = (name: string, command: string, attributes: Record<string, unknown> = {}) =>
    transport.publishRequest('web', { name, command, issued: 1_800_000_000, ...attributes });
  const check = (name: string) => results.find((result) => result.check.name === name)?.check;
  return { agent, check, counters, request, results };
}

describe('an agent that runs commands', () => {
  it('puts the client’s values in place of tokens, and publishes the command as it was written', async () => {
    const { check, request } = await setUp();
    await request('tokens', 'echo :::name::: :::disk.warn|80:::', { note: 'on :::name:::' });
    await until(() => check('tokens') !== undefined, 'the result');
    expect(check('tokens')).toMatchObject({
      command: 'echo :::name::: :::disk.warn|80:::',
      note: 'on i-42',
      output: 'i-42 80\n',
      status: 0,
    });
  });

  it('does not run a check with a token that nothing stands for', async () => {
    const { check, request } = await setUp();
    await request('unmatched', 'echo :::a::: :::b.c::: :::a:::');
    await until(() => check('unmatched') !== undefined, 'the result');
    expect(check('unmatched')).toMatchObject({
      output: 'Unmatched client token(s): a, b.c',
      status: 3,
      handle: false,
    });
    expect(check('unmatched')).not.toHaveProperty('duration');
  });

  it('reports what they printed and how they ended', async () => {
    const { check, request, results } = await setUp();
    await request('fine', 'echo "DISK OK: é"');
    await request('critical', 'echo out; echo err >&2; exit 2');
    await request('missing', 'no-such-command-at-all');
    await request('killed', 'kill -9 $$');
    await request('fed', 'cat', { stdin: true });
    await until(() => results.length === 5, 'all five were reported');
    expect(check('fine')).toMatchObject({ status: 0, output: 'DISK OK: é\n' });
    expect(check('critical')).toMatchObject({ status: 2, output: 'out\nerr\n' });
    expect(check('missing')?.status).toBe(127);
    expect(check('killed')?.status).toBe(9);
    expect(JSON.parse(check('fed')?.output ?? '')).toMatchObject({
      client: { name: 'i-42' },
      check: { name: 'fed' },
    });
  });

  it('ends a command that takes too long', async () => {
    const { check, request, results } = await setUp();
    await request('slow', 'echo begun; sleep 60', { timeout: 0.2 });
    await until(() => results.length === 1, 'it was reported');
    expect(check('slow')).toMatchObject({ status: 2, output: 'Execution timed out' });
  });

  it('runs the hook for how they ended, with the input it wants, and keeps a flood of its output within bounds', async () => {
    const { check, request, results } = await setUp();
    const hooks = {
      warning: { command: 'cat', stdin: true },
      critical: { command: 'head -c 300000 /dev/zero | tr "\\0" x; exit 7' },
      'non-zero': { command: 'sleep 60', timeout: 0.2 },
    };
    await request('fed', 'echo deep; exit 1', { hooks });
    await request('flooding', 'exit 2', { hooks });
    await request('hanging', 'exit 9', { hooks });
    await until(() => results.length === 3, 'all three were reported');
    const hookOf = (name: string, hook: string) =>
      (check(name)?.['hooks'] as Record<string, Record<string, unknown>> | undefined)?.[hook] ?? {};
    expect(JSON.parse(String(hookOf('fed', 'warning')['output']))).toMatchObject({
      client: { name: 'i-42' },
      check: { name: 'fed', status: 1, output: 'deep\n' },
    });
    expect(hookOf('flooding', 'critical')['status']).toBe(7);
    expect(String(hookOf('flooding', 'critical')['output'])).toMatch(
      /xx\n\[\d+ bytes of output left out\]\nxx/,
    );
    expect(String(hookOf('flooding', 'critical')['output']).length).toBeLessThan(66_000);
    expect(hookOf('hanging', 'non-zero')).toMatchObject({ status: 2, output: 'Execution timed out' });
  });

  it('stops although a command ignores every polite request to end', async () => {
    const { agent, counters, request, results } = await setUp();
    await request('stubborn', 'trap "" TERM INT HUP; while :; do sleep 1; done');
    await request('quick', 'true');
    await until(() => results.length === 1, 'the quick one was reported');
    await agent.stop();
    await until(() => counters.read('checks_stopped') === 1, 'the stubborn one was ended');
    expect(results.length).toBe(1);
  });
});
