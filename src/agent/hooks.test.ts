import { afterEach, describe, expect, it, test } from 'vitest';
import { type CheckPlugin, defineCheck, Type } from '../plugin.ts';
import { type AgentWorld, agentWorld } from '../testing/agent.ts';
import { settle } from '../testing/clock.ts';
import { hookFor } from './hooks.ts';

const worlds: AgentWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const client = {
  name: 'i-42',
  address: '',
  subscriptions: ['web'],
  secret: 'hunter2',
  disk: { device: '/dev/sda' },
};

async function setUp(checks: readonly CheckPlugin[] = []): Promise<AgentWorld> {
  const world = await agentWorld({ settings: { client }, checks });
  worlds.push(world);
  await world.agent.start();
  return world;
}

/** Lets each command end as its first word says: `exit2` with status 2, any other with status 0. */
function answerByCommand({ spawner }: AgentWorld): void {
  const run = spawner.run.bind(spawner);
  spawner.run = (line) => {
    const status = Number(/^exit(\d+)/.exec(line.command)?.[1] ?? 0);
    spawner.answer = { status, output: `${line.command}\n`, durationMs: 31.4 };
    return run(line);
  };
}

const command = 'x';

test.each([
  ['the number before the severity', { critical: 1, 2: 2, 'non-zero': 3 }, 2, '2'],
  ['the severity before non-zero', { critical: 1, 'non-zero': 3 }, 2, 'critical'],
  ['non-zero for what has none of its own', { ok: 1, 'non-zero': 3 }, 2, 'non-zero'],
  ['none for 0 when there is only non-zero', { 'non-zero': 3 }, 0, undefined],
  ['the severity for 0', { ok: 1, 'non-zero': 3 }, 0, 'ok'],
  ['the number for 0', { ok: 1, 0: 2 }, 0, '0'],
  ['unknown for a status that has no severity', { unknown: 1, 'non-zero': 3 }, 127, 'unknown'],
  ['the number for such a status', { unknown: 1, 127: 2 }, 127, '127'],
  ['none when none fits', { warning: 1, 7: 2 }, 2, undefined],
  ['none of no hooks', {}, 2, undefined],
])('of several hooks a check takes %s', (_, names, status, expected) => {
  const hooks = Object.fromEntries(Object.keys(names).map((name) => [name, { command: name }]));
  expect(hookFor(hooks, status)).toEqual(
    expected === undefined ? undefined : { name: expected, hook: { command: expected } },
  );
});

test.each([[undefined], [null], [[]], ['x'], [{ critical: 'x' }], [{ critical: null }]])(
  'what is no hook runs nothing: %j',
  (hooks) => {
    expect(hookFor(hooks, 2)).toBeUndefined();
  },
);

describe('a hook', () => {
  it('runs before its check is reported, and what came of it stands in the result', async () => {
    const world = await setUp();
    answerByCommand(world);
    const hooks = { ok: { command: 'never' }, critical: { command: 'ps aux', team: 'a' } };
    await world.request({ name: 'load', command: 'exit2', hooks });
    expect(world.results.length).toBe(1);
    expect(world.lastCheck()).toMatchObject({ status: 2, output: 'exit2\n' });
    expect(world.lastCheck()?.['hooks']).toEqual({
      ok: { command: 'never' },
      critical: {
        command: 'ps aux',
        team: 'a',
        executed: 1_800_000_000,
        duration: 0.031,
        output: 'ps aux\n',
        status: 0,
      },
    });
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['exit2', 'ps aux']);
  });

  it('has 60 seconds unless it says otherwise, and no input', async () => {
    const world = await setUp();
    answerByCommand(world);
    await world.request({ name: 'a', command: 'exit1', hooks: { warning: { command } } });
    await world.request({ name: 'b', command: 'exit1', hooks: { warning: { command, timeout: 0.5 } } });
    expect(world.spawner.lines.filter((line) => line.command === command)).toEqual([
      { command, stdin: undefined, timeoutMs: 60_000 },
      { command, stdin: undefined, timeoutMs: 500 },
    ]);
  });

  it('that takes too long says so, with status 2', async () => {
    const world = await setUp();
    world.spawner.answer = { status: 2, output: 'Execution timed out', ended: 'timeout', durationMs: 1_103 };
    await world.request({ name: 'a', command, hooks: { critical: { command, timeout: 1 } } });
    expect(world.lastCheck()?.['hooks']).toMatchObject({
      critical: { output: 'Execution timed out', status: 2, duration: 1.103 },
    });
  });

  it('is fed the client and the check as it ended, when it wants them', async () => {
    const world = await setUp();
    answerByCommand(world);
    const hooks = { critical: { command: 'cat', stdin: true } };
    await world.request({ name: 'load', command: 'exit2', hooks });
    expect(JSON.parse(world.spawner.lines[1]?.stdin ?? '')).toEqual({
      client,
      check: {
        name: 'load',
        command: 'exit2',
        hooks,
        issued: 1_800_000_000,
        executed: 1_800_000_000,
        duration: 0.031,
        output: 'exit2\n',
        status: 2,
      },
    });
  });

  it('gets the values of the client, and its command is published as it was written', async () => {
    const world = await setUp();
    answerByCommand(world);
    const hooks = {
      critical: { command: 'login :::secret::: :::disk.device::: :::none|80:::', note: ':::name:::' },
      warning: { command: 'other :::secret:::' },
    };
    await world.request({ name: 'disk', command: 'exit2', hooks });
    expect(world.spawner.lines[1]?.command).toBe('login hunter2 /dev/sda 80');
    expect(world.lastCheck()?.['hooks']).toMatchObject({
      critical: { command: hooks.critical.command, note: 'i-42', status: 0 },
      warning: hooks.warning,
    });
    const told = JSON.stringify(world.lastCheck()).replace(/login hunter2[^"]*/, '');
    expect(told).not.toContain('hunter2');
  });

  it('with a token that nothing stands for is not run; its check was', async () => {
    const world = await setUp();
    answerByCommand(world);
    const hooks = { critical: { command: 'login :::a::: :::b.c::: :::a:::' } };
    await world.request({ name: 'disk', command: 'exit2', hooks });
    expect(world.lastCheck()).toMatchObject({
      status: 2,
      output: 'exit2\n',
      hooks: {
        critical: { executed: 1_800_000_000, output: 'Unmatched client token(s): a, b.c', status: 3 },
      },
    });
    expect(world.spawner.lines.length).toBe(1);
  });

  it.each([
    ['no command', {}, 'command: expected a shell command, found nothing'],
    ['a command that is no text', { command: 7 }, 'command: expected a shell command, found 7'],
    ['a timeout below 0', { command, timeout: -1 }, 'timeout: expected a number of seconds, found -1'],
  ])('with %s is told as invalid; its check is reported all the same', async (_, hook, expected) => {
    const world = await setUp();
    answerByCommand(world);
    await world.request({ name: 'disk', command: 'exit1', hooks: { warning: hook } });
    expect(world.lastCheck()).toMatchObject({
      status: 1,
      hooks: { warning: { ...hook, output: `Invalid hook: ${expected}`, status: 3 } },
    });
  });

  it('leaves nothing behind for a later run in which it does not run', async () => {
    const checks = [
      { name: 'disk', command: 'exit2', standalone: true, interval: 60, hooks: { critical: { command } } },
    ];
    const world = await agentWorld({ settings: { client, checks } });
    worlds.push(world);
    answerByCommand(world);
    await world.agent.start();
    await world.clock.advance(60_000);
    expect(world.lastCheck()?.['hooks']).toMatchObject({ critical: { status: 0 } });
    world.spawner.run = async () => ({ status: 0, output: 'ok', durationMs: 1, ended: 'exit' });
    await world.clock.advance(60_000);
    expect(world.results.length).toBe(2);
    expect(world.lastCheck()?.['hooks']).toEqual({ critical: { command } });
  });

  it('counts as part of its check: the same one does not start again while it runs', async () => {
    const world = await setUp();
    world.spawner.answer = 'hang';
    await world.request({ name: 'disk', command: 'check-disk', hooks: { critical: { command } } });
    world.spawner.finish({ status: 2 });
    await settle();
    expect(world.results).toEqual([]);
    await world.request({ name: 'disk', command: 'check-disk' });
    expect(world.counters.read('requests_in_progress')).toBe(1);
    world.spawner.finish();
    await settle();
    expect(world.results.length).toBe(1);
  });

  it('runs behind a check in process too', async () => {
    const probe = defineCheck({
      name: 'probe',
      options: Type.Object({}),
      run: async () => ({ status: 1, output: 'deep', fault: 'target' }),
    });
    const world = await setUp([probe]);
    await world.request({ name: 'probe', hooks: { warning: { command } } });
    expect(world.lastCheck()).toMatchObject({ output: 'deep', hooks: { warning: { output: 'ok\n' } } });
  });

  it('that a stop ends takes nothing from the result of its check', async () => {
    const world = await setUp();
    world.spawner.answer = 'hang';
    await world.request({ name: 'disk', command: 'check-disk', hooks: { critical: { command } } });
    world.spawner.finish({ status: 2, output: 'full' });
    await settle();
    await world.agent.stop();
    expect(world.lastCheck()).toMatchObject({
      output: 'full',
      status: 2,
      hooks: { critical: { command } },
    });
    expect(world.lastCheck()?.['hooks']).toEqual({ critical: { command } });
  });

  it('does not run for a check that was not, nor for one that a person tries out', async () => {
    const world = await setUp();
    const hooks = { 'non-zero': { command }, ok: { command } };
    await world.request({ name: 'disk', command: ':::none:::', hooks });
    expect(world.lastCheck()).toMatchObject({ status: 3, hooks });
    await world.agent.runCheck({ name: 'disk', command: 'true', hooks });
    expect(world.spawner.lines.map((line) => line.command)).toEqual(['true']);
  });
});
