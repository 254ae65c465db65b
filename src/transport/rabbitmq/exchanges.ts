import type { Channel, Options } from 'amqplib';
import type { Pipe } from '../port.ts';
import { isOneOfMany } from '../subscriptions.ts';
import { closed } from './kept-channel.ts';
import type { Session } from './session.ts';
import { whyNotDeclared } from './troubles.ts';
import { TRANSIENT_EXCHANGE } from './wire.ts';

/** Does something on a channel of its own, since a broker closes the channel of whoever asks for what cannot be. */
export async function onOwnChannel<Answer>(
  session: Session,
  act: (channel: Channel) => Promise<Answer>,
): Promise<Answer> {
  const channel = await session.primary.createChannel();
  channel.on('error', () => {
    // Whoever waits for the answer is told the same.
  });
  try {
    return await act(channel);
  } finally {
    await closed(channel);
  }
}

/** Declares exchanges before they are published to, each once in a session. */
export class Exchanges {
  readonly #declared = new Map<string, Promise<void>>();

  /** They may have gone. */
  forget(): void {
    this.#declared.clear();
  }

  /** The one that a subscription listens at. Rejects with kind `refused` when the broker has another of that name. */
  subscription(session: Session, name: string): Promise<void> {
    const type = isOneOfMany(name) ? 'direct' : 'fanout';
    return this.#once(session, name, (channel) => channel.assertExchange(name, type, TRANSIENT_EXCHANGE));
  }

  /** The one of a transport handler. */
  pipe(session: Session, { type, name, options = {} }: Pipe): Promise<void> {
    if (options['no_declare'] === true) return Promise.resolve();
    return this.#once(session, `${type} ${name} ${JSON.stringify(options)}`, (channel) =>
      options['passive'] === true
        ? channel.checkExchange(name)
        : channel.assertExchange(name, type, declarationOf(options)),
    );
  }

  #once(session: Session, key: string, declare: (channel: Channel) => Promise<unknown>): Promise<void> {
    const known = this.#declared.get(key);
    if (known !== undefined) return known;
    const declaring = onOwnChannel(session, async (channel) => {
      await declare(channel);
    }).catch((error: unknown) => {
      this.#declared.delete(key);
      throw whyNotDeclared(error, `the exchange of ${key}`);
    });
    this.#declared.set(key, declaring);
    return declaring;
  }
}

function declarationOf(options: Readonly<Record<string, unknown>>): Options.AssertExchange {
  const { durable, auto_delete, internal, arguments: given } = options;
  return {
    durable: durable === true,
    autoDelete: auto_delete === true,
    internal: internal === true,
    ...(typeof given === 'object' && given !== null ? { arguments: given } : {}),
  };
}
