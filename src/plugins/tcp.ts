import type { Socket } from 'node:net';
import { defineCheck, readThresholds, type Static, statusFor, Type } from '../plugin.ts';
import {
  converse,
  hostOption,
  openSocket,
  type Phases,
  peerName,
  phaseItems,
  portSchema,
} from './connect.ts';
import { attempt, Failure, found, inSeconds, oneLine } from './outcome.ts';
import { type Limits, timeoutOption, timeThresholdOptions, withinTime } from './time-limit.ts';
import { servernameOption, tlsOptions, trustOptions } from './trust.ts';

const ANSWER_LIMIT_BYTES = 65_536;
const SHOWN_LENGTH = 80;

const Options = Type.Object({
  ...hostOption,
  port: portSchema('Port to connect to.'),
  send: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a text',
      description: 'Text to send when the connection stands.',
    }),
  ),
  expect: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a text',
      description: 'Text to wait for in the first 64 KiB of what comes back.',
    }),
  ),
  tls: Type.Optional(
    Type.Boolean({
      default: false,
      expected: 'true or false',
      description: 'Speak TLS from the first byte.',
    }),
  ),
  ...timeThresholdOptions,
  ...timeoutOption,
  ...trustOptions,
  ...servernameOption,
});
type TcpOptions = Static<typeof Options>;

/** Connects to a port, and may send a text and wait for another. */
export const tcp = defineCheck({
  name: 'tcp',
  options: Options,
  run: (options, context) =>
    attempt('TCP', async () => {
      const thresholds = readThresholds(options);
      const startedMs = context.clock.elapsed();
      const { phases, said } = await withinTime(context, options.timeout, (limits) => talk(options, limits));
      const seconds = inSeconds(context.clock.elapsed() - startedMs);
      const answer = said === undefined ? '' : `, it said "${oneLine(said, SHOWN_LENGTH)}"`;
      return found(
        'TCP',
        statusFor(seconds, thresholds),
        `${peerName(options)} answered in ${seconds.toFixed(3)} s${answer}`,
        [{ label: 'time', value: seconds, unit: 's', ...thresholds }, ...phaseItems(phases)],
      );
    }),
});

async function talk(options: TcpOptions, limits: Limits): Promise<{ phases: Phases; said?: string }> {
  const { host, port, send, expect } = options;
  const tls = options.tls ? await tlsOptions(options, host) : undefined;
  const { socket, phases } = await openSocket({ host, port, tls }, limits);
  try {
    if (send !== undefined) await say(socket, send, peerName(options));
    if (expect === undefined) return { phases };
    return { phases, said: await hear(socket, expect, peerName(options)) };
  } finally {
    socket.destroy();
  }
}

function say(socket: Socket, text: string, where: string): Promise<void> {
  return converse(socket, where, (resolve) => {
    socket.write(text, () => resolve());
  });
}

/** Waits until `expected` has come. Resolves with everything that came. */
function hear(socket: Socket, expected: string, where: string): Promise<string> {
  let heard = Buffer.alloc(0);
  const missing = (what: string): Failure => {
    const said = heard.length === 0 ? 'nothing' : `"${oneLine(heard.toString('utf8'), SHOWN_LENGTH)}"`;
    return new Failure('target', `${where} ${what} "${oneLine(expected, SHOWN_LENGTH)}", it said ${said}`);
  };
  return converse<string>(
    socket,
    where,
    (resolve, reject) => {
      socket.on('data', (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]).subarray(0, ANSWER_LIMIT_BYTES);
        if (heard.includes(expected)) resolve(heard.toString('utf8'));
        else if (heard.length === ANSWER_LIMIT_BYTES)
          reject(missing(`sent ${ANSWER_LIMIT_BYTES} bytes without`));
      });
    },
    () => missing('closed without'),
  );
}
