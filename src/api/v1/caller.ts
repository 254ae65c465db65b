import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from '../../config/settings.ts';

/** The user that a request came in as; null when nobody has to say who it is. */
export function callerOf({ authorization }: IncomingHttpHeaders, api: Settings['api']): string | null {
  if (api.user === undefined || api.password === undefined) return null;
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/.exec(authorization ?? '')?.[1] ?? '';
  const [user = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return user === '' ? null : user;
}
