import { createHash, timingSafeEqual } from 'node:crypto';
import type { Client } from '../../model/client.ts';

/** Who may ask for what is protected. */
export interface Login {
  user: string | undefined;
  password: string | undefined;
  /** True: `/info` and `/results` are protected as well. */
  protectAll: boolean;
}

export function loginOf({ http_socket: socket }: Pick<Client, 'http_socket'>): Login {
  return {
    user: socket?.user,
    password: socket?.password,
    protectAll: socket?.protect_all_endpoints === true,
  };
}

/** True for the right user and password (HTTP Basic, RFC 7617); never when none are set. */
export function isAuthorized(authorization: string | undefined, { user, password }: Login): boolean {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined || user === undefined || password === undefined) return false;
  return timingSafeEqual(digest(Buffer.from(encoded, 'base64')), digest(`${user}:${password}`));
}

/** Both sides are hashed first, so that neither content nor length shows in the time it takes. */
function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Why a request may not come in, or undefined. A page that a browser was lured to must neither report results nor read
 * anything here: whatever it sends carries an `Origin`, and a name that it made point at us betrays itself in `Host`.
 * No page is served here, so there is no origin of ours. (`docs/client-socket.md`, "Security".)
 */
export function strangerReason(
  caller: { method: string; host: string | undefined; origin: string | undefined },
  bind: string,
): string | undefined {
  if (caller.origin !== undefined && caller.method !== 'GET') return 'a web page may not report results';
  const own = (bind.includes(':') ? `[${bind}]` : bind).toLowerCase();
  const loopback = LOOPBACK.has(own) || own.startsWith('127.');
  if (!loopback || caller.host === undefined) return undefined;
  const called = hostnameOf(caller.host);
  if (called !== undefined && (LOOPBACK.has(called) || called === own)) return undefined;
  return 'this address answers only to localhost and its own name, not to this Host';
}

/** The name in a `Host` header, in lower case; undefined when it is none. */
function hostnameOf(host: string): string | undefined {
  if (!/^[^/?#@\\\s]+$/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname;
}
