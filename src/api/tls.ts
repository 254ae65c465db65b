import { type SecureContextOptions, Server } from 'node:tls';
import type { PortTls } from './parts.ts';

/** What Node is told at the start. */
export function tlsOptions(tls: PortTls): SecureContextOptions & {
  requestCert: boolean;
  rejectUnauthorized: boolean;
} {
  return {
    ...contextOf(tls),
    requestCert: tls.clientCertificates !== 'off',
    rejectUnauthorized: tls.clientCertificates === 'demanded',
  };
}

/** Whoever connects from now on is shown another certificate; a server without TLS stays without. */
export function renew(server: object, tls: PortTls): void {
  if (server instanceof Server) server.setSecureContext(contextOf(tls));
}

/** Older versions than 1.2 are not spoken (RFC 8996). */
function contextOf({ certificate, key, authority }: PortTls): SecureContextOptions {
  return {
    cert: certificate,
    key,
    ...(authority === undefined ? {} : { ca: authority }),
    minVersion: 'TLSv1.2',
  };
}
