import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { carryOutWorld } from '../../../testing/carry-out.ts';
import { ManualClock } from '../../../testing/clock.ts';
import { deadPort, peers } from '../../../testing/peers.ts';
import { sampleEvent } from '../../../testing/plugin-context.ts';

const own = peers();
afterEach(() => own.close());
const { told } = carryOutWorld();

/** A receiver that collects what one connection brings. */
async function receiver(): Promise<{ port: number; received: Promise<string>; connections: () => number }> {
  let connections = 0;
  let resolve: (text: string) => void;
  const received = new Promise<string>((resolved) => {
    resolve = resolved;
  });
  const port = await own.serve(
    createServer((socket) => {
      connections++;
      buffer(socket).then((bytes) => resolve(bytes.toString()));
    }),
  );
  return { port, received, connections: () => connections };
}

const local = (port: number) => ({ host: '127.0.0.1', port });
const event = JSON.stringify(sampleEvent());

describe('tcp', () => {
  test('sends the event, nothing more, and closes', async () => {
    const { port, received } = await receiver();
    const ending = await told({ handler: { type: 'tcp', socket: local(port) } });
    expect(ending).toEqual({ outcome: 'handled', output: `sent ${event.length} bytes to 127.0.0.1:${port}` });
    expect(await received).toBe(event);
  });

  test('delivers a large event whole', async () => {
    const { port, received } = await receiver();
    const output = 'x'.repeat(5_000_000);
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output } } })).toMatchObject({ outcome: 'handled' });
    expect((await received).length).toBe(output.length);
  });

  test('connects to nobody when there is nothing to send', async () => {
    const { port, connections } = await receiver();
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: '' } } })).toEqual({
      outcome: 'handled',
      output: 'there was nothing to send',
    });
    expect(connections()).toBe(0);
  });

  test('fails when nobody listens', async () => {
    const port = await deadPort();
    expect(await told({ handler: { type: 'tcp', socket: local(port) } })).toMatchObject({
      outcome: 'failed',
      stage: 'handler',
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('fails when the receiver resets the connection', async () => {
    const port = await own.serve(createServer((socket) => void socket.resetAndDestroy()));
    const handler = { type: 'tcp', socket: local(port), mutator: 'only_check_output' };
    const ending = await told({ handler, event: { check: { output: 'x'.repeat(5_000_000) } } });
    expect(ending).toMatchObject({ outcome: 'failed', stage: 'handler' });
  });

  test('gives up a receiver that does not read, by the clock', async () => {
    const held: Socket[] = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      held.push(socket);
      socket.on('error', () => {});
    });
    const port = await own.serve(server);
    const clock = new ManualClock();
    const connected = once(server, 'connection');
    const ending = told({
      handler: { type: 'tcp', socket: local(port), mutator: 'only_check_output' },
      event: { check: { output: 'x'.repeat(30_000_000) } },
      tools: { clock },
    });
    await connected;
    await clock.advance(9_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await ending).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: 'it was not done within 10 s',
    });
    for (const socket of held) socket.destroy();
  });

  test('does not wait for a receiver that keeps its end open', async () => {
    const held: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => held.push(socket.resume()));
    const port = await own.serve(server);
    expect(await told({ handler: { type: 'tcp', socket: local(port) } })).toMatchObject({
      outcome: 'handled',
    });
    for (const socket of held) socket.destroy();
  });
});
