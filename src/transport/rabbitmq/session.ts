import { type ChannelModel, connect } from 'amqplib';
import type { Clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import { type Broker, connectOptions, socketOptions } from './broker.ts';

/** A broker gets this long to say goodbye. */
const GOODBYE_MS = 1_000;

interface Socket {
  model: ChannelModel;
  abort: AbortController;
}

export interface SessionParts {
  broker: Broker;
  version: string;
  clock: Clock;
  /** Called once, when a connection of it has ended, unless it was closed by us. */
  lost: (reason: string) => void;
  /** Called when the broker takes no messages for a while, with why; and with undefined when it does again. */
  blocked: (reason: string | undefined) => void;
}

/**
 * What ties us to one broker: a connection, and a second one for those who consume, since a broker that is short of
 * memory reads nothing from connections that publish, acknowledgements neither. When one of them ends, all is over.
 */
export class Session {
  readonly broker: Broker;
  readonly #parts: SessionParts;
  readonly #stop = new AbortController();
  readonly #sockets: Socket[] = [];
  #primary: ChannelModel | undefined;
  #consuming: Promise<ChannelModel> | undefined;
  #over = false;

  private constructor(parts: SessionParts) {
    this.#parts = parts;
    this.broker = parts.broker;
  }

  /** Rejects with the error of the library or the system. `signal` gives up while it is being opened. */
  static async open(parts: SessionParts, signal: AbortSignal): Promise<Session> {
    const session = new Session(parts);
    const giveUp = (): void => session.#stop.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      session.#primary = await session.#connect();
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    return session;
  }

  get over(): boolean {
    return this.#over;
  }

  /** For everything but consuming as a server. */
  get primary(): ChannelModel {
    if (!this.#primary) throw new Error('the session is not open');
    return this.#primary;
  }

  /** The second connection, made when it is first asked for. */
  consuming(): Promise<ChannelModel> {
    this.#consuming ??= this.#connect().catch((error: unknown) => {
      this.#ended(errorText(error));
      throw error;
    });
    return this.#consuming;
  }

  /** Says goodbye; ends the sockets when nobody answers. */
  async close(): Promise<void> {
    this.#over = true;
    const { clock } = this.#parts;
    const sockets = [...this.#sockets];
    // What is still being opened ends here.
    void this.#consuming?.catch(() => undefined);
    const goodbyes = sockets.map(({ model }) => model.close().catch(() => undefined));
    await new Promise<void>((resolve) => {
      const timer = clock.after(GOODBYE_MS, resolve);
      void Promise.all(goodbyes).then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#destroy();
  }

  async #connect(): Promise<ChannelModel> {
    const { broker, version } = this.#parts;
    const abort = new AbortController();
    const giveUp = (): void => abort.abort();
    this.#stop.signal.addEventListener('abort', giveUp, { once: true });
    if (this.#stop.signal.aborted) abort.abort();
    const model = await connect(connectOptions(broker), socketOptions(broker, version, abort.signal));
    if (this.#over) {
      abort.abort();
      throw new Error('the session is over');
    }
    this.#sockets.push({ model, abort });
    model.on('error', (error) => this.#ended(errorText(error)));
    model.on('close', (error) => this.#ended(error === undefined ? 'it was closed' : errorText(error)));
    model.on('blocked', (reason) => this.#parts.blocked(reason));
    model.on('unblocked', () => this.#parts.blocked(undefined));
    return model;
  }

  #ended(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#destroy();
    this.#parts.lost(reason);
  }

  #destroy(): void {
    this.#stop.abort();
    for (const { abort } of this.#sockets) abort.abort();
  }
}
