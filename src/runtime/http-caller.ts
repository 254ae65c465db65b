import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What the headers of a request say of who sends it, for everything of ours that answers HTTP. Pure: what follows from
 * it is decided by each gate.
 */

/** `name:password` of an `Authorization` header with the scheme Basic (RFC 7617), decoded; undefined for anything else. */
export function basicCredentials(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Name and password of decoded credentials: the password begins behind the first colon. */
export function splitCredentials(credentials: string): { name: string; password: string } | undefined {
  const colon = credentials.indexOf(':');
  if (colon === -1) return undefined;
  return { name: credentials.slice(0, colon), password: credentials.slice(colon + 1) };
}

/** The text behind `Bearer` in an `Authorization` header (RFC 6750); undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1];
}

/** SHA-256 of a text. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares texts so that neither content nor length shows in the time that it takes. */
export function sameText(given: string, wanted: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(wanted));
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** An address to listen on as it stands in a URL, in lower case. */
export function boundName(bind: string): string {
  return (bind.includes(':') ? `[${bind}]` : bind).toLowerCase();
}

/** True when only programs on this machine reach an address that is listened on. */
export function isLoopback(bind: string): boolean {
  const name = boundName(bind);
  return LOOPBACK.has(name) || /^127(\.\d{1,3}){3}$/.test(name);
}

/** True for a hostname, as `addressOf` tells it, that means this machine or what it listens on. */
export function isOwnName(hostname: string, bind: string): boolean {
  return LOOPBACK.has(hostname) || hostname === boundName(bind);
}

/** The address in a `Host` header; undefined when it is not one. */
export function addressOf(host: string | undefined): URL | undefined {
  return host !== undefined && /^[^/?#@\\\s]+$/.test(host) ? parsed(`http://${host}`) : undefined;
}

/** The address in an `Origin` header; undefined when it is not one of HTTP. */
export function originOf(origin: string): URL | undefined {
  return /^https?:\/\/[^/?#@\\\s]+$/.test(origin) ? parsed(origin) : undefined;
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
