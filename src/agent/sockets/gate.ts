import type { Client } from '../../model/client.ts';
import { addressOf, basicCredentials, isLoopback, isOwnName, sameText } from '../../runtime/http-caller.ts';

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
  const credentials = basicCredentials(authorization);
  if (credentials === undefined || user === undefined || password === undefined) return false;
  return sameText(credentials, `${user}:${password}`);
}

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
  if (!isLoopback(bind) || caller.host === undefined) return undefined;
  const called = addressOf(caller.host);
  if (called && isOwnName(called.hostname, bind)) return undefined;
  return 'this address answers only to localhost and its own name, not to this Host';
}
