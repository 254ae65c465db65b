import { once } from 'node:events';
import { connect, rootCertificates, type TLSSocket } from 'node:tls';
import { errorText, TocsinError } from '../../runtime/errors.ts';

const TIMEOUT_MS = 10_000;

/**
 * By what an agent recognises a server for which no public authority vouches: SHA-256 of its certificate, which this
 * machine trusts. Undefined where a public one does, so that its certificate can be renewed without anybody noticing.
 */
export async function pinOf(url: URL): Promise<string | undefined> {
  const trusted = await shownAt(url, undefined);
  const publicly = await shownAt(url, rootCertificates);
  if (publicly.authorized) return undefined;
  if (!trusted.authorized)
    throw new TocsinError('SERVER_REFUSED', `this machine does not trust the certificate of ${url.origin}`);
  return trusted.fingerprint;
}

/** @param ca who vouches for it; undefined: whom this process trusts */
async function shownAt(
  url: URL,
  ca: readonly string[] | undefined,
): Promise<{ authorized: boolean; fingerprint: string }> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    host,
    port: Number(url.port || 443),
    ...(/[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca: [...ca] }),
    rejectUnauthorized: false,
  });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'secureConnect');
    return { authorized: socket.authorized, fingerprint: fingerprintOf(socket) };
  } catch (error) {
    const message = `the certificate of ${url.origin} cannot be looked at: ${errorText(error)}`;
    throw new TocsinError('SERVER_UNREACHABLE', message, { cause: error });
  } finally {
    socket.destroy();
  }
}

function fingerprintOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256;
}
