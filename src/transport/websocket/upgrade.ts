import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { AGENT_PATH } from './frames.ts';

/** Why an upgrade is answered with an HTTP error. */
export interface UpgradeRefusal {
  status: number;
  /** A sentence. */
  reason: string;
  /** Whole seconds for `Retry-After`. */
  retryAfter?: number | undefined;
}

/** What is wrong with an upgrade whatever the gateway is doing; undefined: nothing. */
export function strangeUpgrade(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
): UpgradeRefusal | undefined {
  if (request.url?.split('?')[0] !== AGENT_PATH)
    return { status: 404, reason: `agents connect at ${AGENT_PATH}; nothing else here takes an upgrade` };
  if (request.headers.origin !== undefined)
    return { status: 403, reason: 'a web page is not an agent: requests with an Origin are refused' };
  return undefined;
}

/** Answers an upgrade with an HTTP error and closes. */
export function answerUpgrade(socket: Duplex, { status, reason, retryAfter }: UpgradeRefusal): void {
  const body = `${reason}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The names in a certificate that the peer showed and that was found valid; undefined: it showed none. */
export function certificateNames(socket: Duplex): readonly string[] | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject, subjectaltname = '' } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  const alternatives = subjectaltname
    .split(', ')
    .flatMap((one) => (one.startsWith('DNS:') ? [one.slice('DNS:'.length)] : []));
  const common: string | string[] | undefined = subject.CN;
  return [...new Set([...(common === undefined ? [] : [common].flat()), ...alternatives])];
}
