import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { TocsinError } from '../../runtime/errors.ts';
import type { AgentWorld } from '../../testing/agent.ts';
import { agentSockets, capturedReplies, namesOf, socketBytes } from '../../testing/agent-sockets.ts';
import { RANDOM_INPUTS } from '../../testing/random.ts';
import { call, tell } from '../../testing/sockets.ts';
import { until } from '../../testing/until.ts';
import { LARGEST_MESSAGE_BYTES, MOST_CONNECTIONS } from './limits.ts';

/** A soak tries more inputs, each over a connection of its own. */
const PATIENCE_MS = 30_000 + 20 * RANDOM_INPUTS;

const { setUp } = agentSockets();

/** Waits until a text that is not complete was received, and lets the half second pass in which nothing more comes. */
async function passHalfASecond({ clock }: AgentWorld, timersAtRest: number): Promise<void> {
  await until(() => clock.pending === timersAtRest + 2, 'the agent waits for more');
  await clock.advance(499);
  expect(clock.pending).toBe(timersAtRest + 2);
  await clock.advance(1);
}

describe('what Sensu Core 1.9 answered over TCP', () => {
  test.each(capturedReplies('tcp-'))('$name', async ({ sent, reply, waits }) => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write(Buffer.from(sent, 'base64'));
    if (waits) await passHalfASecond(world, 1);
    expect(await caller.ended).toBe(reply);
    await until(() => world.results.length === (reply === 'ok' ? 1 : 0), 'a result came, or none');
  });

  it.each([
    ['ping', 'pong'],
    ['  ping\r\n', 'pong'],
    ['{"name":"t","output":"x"}', 'ok'],
    ['[]', 'ok'],
    ['{"name":"a b","output":"x"}', 'invalid'],
    ['{"name":"a"}', 'invalid'],
    ['5', 'invalid'],
    ['"s"', 'invalid'],
    ['null', 'invalid'],
    ['{"name":"a","output":"x","status":1.5}', 'invalid'],
    ['{"name":"a","output":"x","handlers":"mail"}', 'invalid'],
  ])('at once, to %s: %s', async (text, reply) => {
    const world = await setUp();
    expect(await tell(world.port, [text])).toBe(reply);
  });

  it.each([
    ['{"name":'],
    ['\n'],
    ['{"name":"a","output":"x"}{"name":"b","output":"y"}'],
    ['{"name":"a","output":"x"} // no'],
  ])('after half a second, to %j: invalid', async (text) => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write(text);
    await passHalfASecond(world, 1);
    expect(await caller.ended).toBe('invalid');
    expect(world.results).toEqual([]);
    expect(world.counters.read('socket_invalid')).toBe(1);
  });
});

describe('a result over TCP', () => {
  it('is published as the client’s, with times, number and signature, and every attribute of its own', async () => {
    const world = await setUp({ signature: 's3' });
    const posted = {
      name: 'backup',
      output: 'done',
      status: 1,
      source: 'nas',
      ttl: 60,
      team: { on: 'call' },
    };
    expect(await tell(world.port, [JSON.stringify(posted)])).toBe('ok');
    await until(() => world.results.length === 1, 'it was published');
    expect(world.results[0]).toMatchObject({
      body: {
        client: 'i-42',
        check: { ...posted, executed: 1_800_000_000, issued: 1_800_000_000 },
        signature: 's3',
      },
      id: { agent: 'i-42', number: 1 },
    });
    expect(world.counters.read('socket_results')).toBe(1);
  });

  it('has no signature when its client has none', async () => {
    const world = await setUp();
    await tell(world.port, ['{"name":"a","output":"x"}']);
    await until(() => world.results.length === 1, 'it was published');
    expect(world.results[0]?.body).not.toHaveProperty('signature');
  });

  it('may come byte by byte', async () => {
    const world = await setUp();
    const bytes = [...Buffer.from('{"name":"a","output":"hé"}')].map((byte) => Uint8Array.of(byte));
    expect(await tell(world.port, bytes)).toBe('ok');
    await until(() => world.results.length === 1, 'it was published');
    expect(world.lastCheck()?.output).toBe('hé');
  });

  it('leaves a line for each of its pieces in a log that tells all, without what they say', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write('{"name":"a",');
    await until(() => world.clock.pending === 3, 'the piece was received');
    caller.socket.write('"output":"xyzzy"}');
    expect(await caller.ended).toBe('ok');
    const told = world.log.lines.filter(({ level }) => level === 'debug');
    expect(told.map(({ fields }) => fields)).toEqual([
      { via: 'tcp', bytes: 12 },
      { via: 'tcp', bytes: 17 },
    ]);
  });

  it('has another half second with each piece, and none when it is complete', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    for (const piece of ['{"name":', '"a","out']) {
      caller.socket.write(piece);
      await until(() => world.clock.pending === 3, 'the piece was received');
      await world.clock.advance(400);
    }
    caller.socket.write('put":"x"}');
    expect(await caller.ended).toBe('ok');
    await until(() => world.clock.pending === 1, 'no timer is left but that of the keepalives');
  });

  it('may be one of several in an array; those before one that is not valid are taken', async () => {
    const world = await setUp();
    const result = (name: string): object => ({ name, output: 'x' });
    expect(await tell(world.port, [JSON.stringify([result('a'), result('b')])])).toBe('ok');
    const mixed = [result('c'), { name: 'd' }, result('e')];
    expect(await tell(world.port, [JSON.stringify(mixed)])).toBe('invalid');
    await until(() => world.results.length === 3, 'they were published');
    expect(namesOf(world)).toEqual(['a', 'b', 'c']);
    expect(world.results.map(({ id }) => id?.number)).toEqual([1, 2, 3]);
  });

  it('that is not UTF-8 is taken with what can be read of it, and a line in the log', async () => {
    const world = await setUp();
    const text = Buffer.concat([
      Buffer.from('{"name":"a","output":"'),
      Uint8Array.of(0xff),
      Buffer.from('"}'),
    ]);
    expect(await tell(world.port, [text])).toBe('ok');
    await until(() => world.results.length === 1, 'it was published');
    expect(world.lastCheck()?.output).toBe('\ufffd');
    expect(world.log.lines.filter(({ message }) => message.includes('not UTF-8')).length).toBe(1);
  });

  it('whose sender stops writing before it is complete is told so at once', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.end('{"name":');
    expect(await caller.ended).toBe('invalid');
  });

  it('is not answered with ok when there is no room for it', async () => {
    const world = await setUp();
    world.transport.publishResult = () =>
      Promise.reject(new TocsinError('TRANSPORT_UNAVAILABLE', 'the broker is away'));
    const many = JSON.stringify(Array.from({ length: 10_001 }, () => ({ name: 'a', output: '' })));
    // The first is tried at once; the others stand behind it as soon as it was refused.
    expect(await tell(world.port, ['{"name":"a","output":""}'])).toBe('ok');
    await until(
      () => world.log.lines.some(({ message }) => message.includes('sent again')),
      'it was refused',
    );
    expect(await tell(world.port, [many])).toBe('');
    expect(world.counters.read('socket_results')).toBe(10_000);
    expect(world.counters.read('socket_refused')).toBe(1);
    expect(world.counters.read('results_unsent')).toBe(0);
  });
});

describe('the bounds of a connection', () => {
  it('that never sends anything is closed after a minute', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    await until(() => world.clock.pending === 2, 'it was accepted');
    await world.clock.advance(59_999);
    expect(caller.closed()).toBe(false);
    await world.clock.advance(1);
    expect(await caller.ended).toBe('');
  });

  it('that sends a little again and again is closed after a minute, with invalid', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write('{');
    for (let sent = 0; sent < 149; sent++) {
      await until(() => world.clock.pending === 3, 'a piece was received');
      await world.clock.advance(400);
      caller.socket.write(' ');
      if (sent % 50 === 0) expect(caller.closed()).toBe(false);
    }
    await until(() => world.clock.pending === 3, 'the last piece was received');
    await world.clock.advance(400);
    expect(await caller.ended).toBe('invalid');
  });

  it('that sends too much is told so, and others are heard meanwhile', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write(`{"name":"a","output":"${'x'.repeat(LARGEST_MESSAGE_BYTES)}"}`);
    expect(await tell(world.port, ['ping'])).toBe('pong');
    expect(await caller.ended).toBe('invalid');
    expect(world.results).toEqual([]);
  });

  it('are so many at once and no more', async () => {
    const world = await setUp();
    const callers = await Promise.all(Array.from({ length: MOST_CONNECTIONS }, () => call(world.port)));
    await until(() => world.clock.pending === MOST_CONNECTIONS + 1, 'all were accepted');
    expect(await tell(world.port, ['ping'])).toBe('');
    expect(world.counters.read('socket_refused')).toBe(1);
    callers[0]?.socket.write('ping');
    expect(await callers[0]?.ended).toBe('pong');
    await until(() => world.clock.pending === MOST_CONNECTIONS, 'it is gone');
    expect(await tell(world.port, ['ping'])).toBe('pong');
  });

  it('that does not read its answer and does not go is cut', async () => {
    const world = await setUp();
    const caller = await call(world.port);
    caller.socket.write('ping');
    caller.socket.removeAllListeners('end');
    await until(() => caller.answer() === 'pong', 'it was answered');
    await world.clock.advance(1_000);
    // A connection that was cut shows when somebody writes to it.
    const nagging = setInterval(() => caller.socket.write('and on'), 1);
    await caller.ended;
    clearInterval(nagging);
  });

  it('that are open when the agent stops are cut', async () => {
    const world = await setUp();
    const callers = await Promise.all([call(world.port), call(world.port)]);
    callers[0]?.socket.write('{"name":');
    await until(() => world.clock.pending === 4, 'both are known');
    await world.agent.stop();
    for (const caller of callers) expect(await caller.ended).toBe('');
    await expect(call(world.port)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('whatever bytes come', () => {
  const places = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 4 });

  it(
    'over TCP, each connection is answered or closed, and the next one is heard',
    async () => {
      const world = await setUp();
      await fc.assert(
        fc.asyncProperty(socketBytes, places, async (random, where) => {
          const caller = await call(world.port);
          const ends = [...where].sort((a, b) => a - b);
          let start = 0;
          for (const end of [...ends, random.length]) {
            if (caller.socket.writable) caller.socket.write(random.subarray(start, end));
            start = Math.max(start, end);
          }
          caller.socket.end();
          expect(['ok', 'invalid', 'pong', '']).toContain(await caller.ended);
        }),
        { numRuns: RANDOM_INPUTS },
      );
      expect(await tell(world.port, ['ping'])).toBe('pong');
    },
    PATIENCE_MS,
  );

  it(
    'over TCP, a valid result is taken however it is cut',
    async () => {
      const world = await setUp();
      let taken = 0;
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme' }), places, async (output, where) => {
          const text = Buffer.from(JSON.stringify({ name: 'a', output }));
          const ends = [...where.filter((end) => end < text.length), text.length].sort((a, b) => a - b);
          const pieces = ends.map((end, index) => text.subarray(ends[index - 1] ?? 0, end));
          expect(await tell(world.port, pieces)).toBe('ok');
          taken += 1;
          await until(() => world.results.length === taken, 'it was published');
          expect(world.lastCheck()?.output).toBe(output);
        }),
        { numRuns: Math.ceil(RANDOM_INPUTS / 5) },
      );
    },
    PATIENCE_MS,
  );
});
