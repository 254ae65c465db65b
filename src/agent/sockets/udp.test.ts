import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { agentSockets, capturedReplies, namesOf, socketBytes } from '../../testing/agent-sockets.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { throwAt } from '../../testing/sockets.ts';
import { until } from '../../testing/until.ts';

/** A soak tries more inputs. */
const PATIENCE_MS = 30_000 + 20 * RANDOM_INPUTS;

const { setUp } = agentSockets();

describe('a result over UDP', () => {
  test('what Sensu Core 1.9 took: the same datagrams, no answer to any', async () => {
    const world = await setUp();
    const datagrams = capturedReplies('udp-').map(({ sent }) => Buffer.from(sent, 'base64'));
    await throwAt(world.port, [...datagrams, '[{"name":"last","output":"x"}]']);
    await until(() => namesOf(world).includes('last'), 'the last was published');
    expect(namesOf(world)).toEqual(['u2', 'u', 'sock_min', 'sock_src', 'last']);
    // All but the ping: that is not wrong, it has no answer.
    expect(world.counters.read('socket_invalid')).toBe(7);
  });

  it('and nonsense is told once per cause', async () => {
    const world = await setUp();
    await throwAt(world.port, [
      ...Array.from({ length: 20 }, () => '{"name":'),
      '{"name":"last","output":"x"}',
    ]);
    await until(() => namesOf(world).includes('last'), 'the last was published');
    expect(
      world.log.lines.filter(({ level, fields }) => level === 'warn' && fields['via'] === 'udp').length,
    ).toBe(1);
    expect(world.counters.read('socket_invalid')).toBe(20);
  });
});

describe('whatever bytes come', () => {
  it(
    'over UDP, what comes behind them is taken',
    async () => {
      const world = await setUp();
      const random = fc.sample(socketBytes, RANDOM_INPUTS);
      for (let start = 0; start < random.length; start += 50) {
        const name = `after-${start}`;
        await throwAt(world.port, [...random.slice(start, start + 50), `{"name":"${name}","output":""}`]);
        await until(() => namesOf(world).includes(name), 'what came behind was published');
      }
    },
    PATIENCE_MS,
  );
});
