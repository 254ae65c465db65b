import type { Client } from '../../model/client.ts';

/** Where something listens. */
export interface Place {
  bind: string;
  port: number;
}

/** The two that an agent has: TCP and UDP under one port, and HTTP. */
export type SocketName = 'socket' | 'http_socket';
/** Where each of them is to listen; one that is missing is not to. */
export type Places = Readonly<Partial<Record<SocketName, Place>>>;

/** What is taken where the configuration says nothing. (Sensu Core 1.9 documentation, "Client reference".) */
const DEFAULTS: Readonly<Record<SocketName, Place>> = {
  socket: { bind: '127.0.0.1', port: 3030 },
  http_socket: { bind: '127.0.0.1', port: 3031 },
};

/** Where the sockets of a client are to listen: on this machine alone unless it says otherwise. */
export function placesOf(client: Pick<Client, SocketName>): Places {
  const places: Partial<Record<SocketName, Place>> = {};
  for (const name of ['socket', 'http_socket'] as const) {
    const { enabled, bind, port } = client[name] ?? {};
    if (enabled === false) continue;
    places[name] = { bind: bind ?? DEFAULTS[name].bind, port: port ?? DEFAULTS[name].port };
  }
  return places;
}

export function samePlace(one: Place | undefined, other: Place | undefined): boolean {
  return one?.bind === other?.bind && one?.port === other?.port;
}
