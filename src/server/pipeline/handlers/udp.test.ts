import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { carryOutWorld } from '../../../testing/carry-out.ts';
import { peers } from '../../../testing/peers.ts';
import { sampleEvent } from '../../../testing/plugin-context.ts';

const own = peers();
afterEach(() => own.close());
const { told } = carryOutWorld();

const local = (port: number) => ({ host: '127.0.0.1', port });
const event = JSON.stringify(sampleEvent());

describe('udp', () => {
  test('sends the event as one datagram', async () => {
    const socket = createSocket('udp4');
    const port = await own.bind(socket);
    const received = once(socket, 'message');
    expect(await told({ handler: { type: 'udp', socket: local(port) } })).toMatchObject({
      outcome: 'handled',
    });
    expect(String((await received)[0])).toBe(event);
  });

  test('fails for an event that no datagram can carry', async () => {
    const port = await own.bind(createSocket('udp4'));
    const handler = { type: 'udp', socket: local(port), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: 'x'.repeat(70_000) } } })).toEqual({
      outcome: 'failed',
      stage: 'handler',
      error: '70000 bytes are more than one datagram can carry',
    });
  });

  test('sends nothing when there is nothing to send', async () => {
    const handler = { type: 'udp', socket: local(9), mutator: 'only_check_output' };
    expect(await told({ handler, event: { check: { output: '' } } })).toMatchObject({ outcome: 'handled' });
  });
});
