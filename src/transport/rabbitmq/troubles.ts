import { errorText, TocsinError } from '../../runtime/errors.ts';
import { type Broker, nameOf } from './broker.ts';

const CERTIFICATE =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED_|CERT_|ERR_TLS_CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

/** Why a broker cannot be reached: a sentence for its operator, without a password. */
export function whyNoConnection(error: unknown, broker: Broker): string {
  const text = errorText(error);
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const where = `RabbitMQ at ${nameOf(broker)}`;
  if (CERTIFICATE.test(code))
    return `${where} shows a certificate that is not valid (${text}); name who signs it in rabbitmq.ssl.ca_file, or set rabbitmq.ssl.verify_peer to false to believe whoever answers`;
  if (text.includes('ACCESS_REFUSED'))
    return `${where} does not let the user "${broker.user}" in: the name or the password is wrong; see rabbitmq.user and rabbitmq.password`;
  // What the broker says about it is not handed on by the library.
  if (text.includes('NOT_ALLOWED') || text.includes('Expected ConnectionOpenOk; got <ConnectionClose'))
    return `${where} does not let the user "${broker.user}" use the vhost "${broker.vhost}", or has none of that name; see rabbitmq.vhost, and on the broker rabbitmqctl list_permissions -p ${broker.vhost}`;
  if (text.startsWith('Socket closed abruptly'))
    return `${where} ended the connection before it began; does it expect ${broker.tls ? 'no TLS there' : 'TLS'}?`;
  return `${where} cannot be reached: ${text}`;
}

/** Why a declaration failed; a broker closes the channel for it and says why in capitals. */
export function whyNotDeclared(error: unknown, what: string): TocsinError {
  const text = errorText(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 403)
    return refused(`the broker does not permit ${what}; see rabbitmqctl list_permissions: ${text}`);
  if (code === 404 || code === 405 || code === 406 || code === 530)
    return refused(`the broker has declared ${what} otherwise, or not at all: ${text}`);
  return unavailable(`${what}: ${text}`);
}

export function refused(message: string): TocsinError {
  return new TocsinError('TRANSPORT_REFUSED', message);
}

export function unavailable(message: string): TocsinError {
  return new TocsinError('TRANSPORT_UNAVAILABLE', message);
}

export function closedError(): TocsinError {
  return new TocsinError('TRANSPORT_CLOSED', 'the rabbitmq transport was closed');
}
