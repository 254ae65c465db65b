import type { SecureContextOptions } from 'node:tls';
import { credentials, type Options, type SocketOptions } from 'amqplib';

/** Where a broker is and how it is spoken to. */
export interface Broker {
  host: string;
  port: number;
  vhost: string;
  user: string;
  password: string;
  /** `EXTERNAL`: the certificate says who we are. */
  mechanism: 'PLAIN' | 'EXTERNAL';
  /** Seconds; 0: what the broker proposes. */
  heartbeatSeconds: number;
  /** Most bytes of one frame. */
  frameMax: number;
  /** Undefined: not encrypted. */
  tls: BrokerTls | undefined;
}

/** How a connection is encrypted; texts are PEM. */
export interface BrokerTls {
  certificate: string | undefined;
  key: string | undefined;
  /** Who signs the certificates of brokers; undefined: whom this machine trusts. */
  authority: string | undefined;
  /** False: whoever answers is believed. */
  verify: boolean;
  /** The name that the certificate has to carry; undefined: the host. */
  serverName: string | undefined;
}

/** Longest time for one try to connect. */
export const CONNECT_MS = 20_000;

/** How a broker is called in logs and errors; never with a password. */
export function nameOf({ host, port, vhost }: Broker): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}${vhost === '/' ? '' : ` vhost ${vhost}`}`;
}

export function connectOptions({
  host,
  port,
  vhost,
  user,
  password,
  heartbeatSeconds,
  frameMax,
  tls,
}: Broker): Options.Connect {
  return {
    protocol: tls ? 'amqps' : 'amqp',
    hostname: host,
    port,
    username: user,
    password,
    // The library takes it as part of a URL.
    vhost: encodeURIComponent(vhost),
    frameMax,
    // 0 asks for no heartbeats there; left out, those of the broker count.
    ...(heartbeatSeconds > 0 ? { heartbeat: heartbeatSeconds } : {}),
  };
}

/** @param signal ends the socket, whatever its state */
export function socketOptions(
  { mechanism, tls }: Broker,
  version: string,
  signal: AbortSignal,
): SocketOptions & SecureContextOptions & { signal: AbortSignal } {
  return {
    signal,
    noDelay: true,
    keepAlive: true,
    timeout: CONNECT_MS,
    clientProperties: { product: 'tocsin', version },
    ...(mechanism === 'EXTERNAL' ? { credentials: credentials.external() } : {}),
    ...(tls
      ? {
          rejectUnauthorized: tls.verify,
          ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
          ...(tls.key === undefined ? {} : { key: tls.key }),
          ...(tls.authority === undefined ? {} : { ca: tls.authority }),
          ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
        }
      : {}),
  };
}
