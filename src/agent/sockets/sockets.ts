import { errorText } from '../../runtime/errors.ts';
import { type HttpParts, listenHttp } from './http.ts';
import type { Listener } from './listener.ts';
import { type Place, type Places, type SocketName, samePlace } from './places.ts';
import { listenTcp } from './tcp.ts';
import { listenUdp } from './udp.ts';

/** How often a port is asked for that is free for TCP and UDP alike, where the system chooses it. */
const MOST_TRIES = 20;

interface Open {
  wanted: Place;
  listener: Listener;
}

/** Opens, moves and closes the sockets of an agent. One that cannot be opened is a warning, and the agent goes on. */
export class Sockets {
  readonly #parts: HttpParts;
  readonly #open = new Map<SocketName, Open>();
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  /** Where they listen. */
  get addresses(): Places {
    return Object.fromEntries([...this.#open].map(([name, { listener }]) => [name, listener.address]));
  }

  /** Lets them listen where they are wanted, and only there; one that does so already is left alone. Never rejects. */
  place(places: Places): Promise<void> {
    this.#turn = this.#turn.then(() => this.#place(places));
    return this.#turn;
  }

  /** Resolves when nothing listens and no connection is open. */
  close(): Promise<void> {
    this.#closed = true;
    return this.place({});
  }

  async #place(places: Places): Promise<void> {
    for (const name of ['socket', 'http_socket'] as const) {
      const wanted = this.#closed ? undefined : places[name];
      const open = this.#open.get(name);
      if (open && samePlace(open.wanted, wanted)) continue;
      this.#open.delete(name);
      await open?.listener.close();
      if (!wanted) continue;
      const listener = await this.#listen(name, wanted);
      if (listener) this.#open.set(name, { wanted, listener });
    }
  }

  async #listen(name: SocketName, place: Place): Promise<Listener | undefined> {
    try {
      return name === 'socket' ? await this.#listenBoth(place) : await listenHttp(place, this.#parts);
    } catch (error) {
      this.#parts.log.warn(warningOf(name, place, error), { ...place, error: errorText(error) });
      return undefined;
    }
  }

  /** TCP and UDP under one port, or none of them. */
  async #listenBoth(place: Place): Promise<Listener> {
    for (let count = 1; ; count++) {
      const tcp = await listenTcp(place, this.#parts);
      try {
        const udp = await listenUdp(tcp.address, this.#parts.reports);
        return {
          address: tcp.address,
          close: async () => void (await Promise.all([tcp.close(), udp.close()])),
        };
      } catch (error) {
        await tcp.close();
        if (place.port !== 0 || count === MOST_TRIES) throw error;
      }
    }
  }
}

function warningOf(name: SocketName, { bind, port }: Place, error: unknown): string {
  const taken = (error as NodeJS.ErrnoException | null)?.code === 'EADDRINUSE';
  const why = taken
    ? `port ${port} on ${bind} is taken by another program`
    : `port ${port} on ${bind} cannot be used`;
  const mend = `set client.${name}.port to a free port, or client.${name}.enabled to false`;
  return `${why}: results that programs send there do not reach this agent; ${mend}`;
}
