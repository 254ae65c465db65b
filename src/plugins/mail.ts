import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { defineHandler, type Event, errorText, type HandlerContext, type Static, Type } from '../plugin.ts';
import { failureOf, hostOption, openSocket, peerName, portSchema } from './connect.ts';
import { bodyOf, subjectOf } from './mail-text.ts';
import { Failure, withoutSecrets } from './outcome.ts';
import { endedBy, type Limits, timeoutOption, withinTime } from './time-limit.ts';
import { tlsOptions, trustOptions } from './trust.ts';

const address = (description: string) =>
  Type.String({ pattern: '^[^\\r\\n]*[^\\s@]@[^\\s@][^\\r\\n]*$', expected: 'a mail address', description });

const Options = Type.Object({
  ...hostOption,
  port: Type.Optional(portSchema('Port of the SMTP server; 465 with "secure", else 25, unless given.')),
  secure: Type.Optional(
    Type.Boolean({ default: false, expected: 'true or false', description: 'TLS from the first byte.' }),
  ),
  starttls: Type.Optional(
    Type.Boolean({
      expected: 'true or false',
      description:
        'Change to TLS after connecting: true, always; false, never; unless given, always with a user, else if offered.',
    }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, expected: 'a user name', description: 'User to log in.' })),
  password: Type.Optional(Type.String({ expected: 'a string', description: 'Password of the user.' })),
  from: address('Sender.'),
  to: Type.Union([address('Recipient.'), Type.Array(address('Recipient.'), { minItems: 1 })], {
    expected: 'a mail address or an array of them',
    description: 'Recipients.',
  }),
  subject: Type.Optional(
    Type.String({
      minLength: 1,
      default: '{state}: {client}/{check}',
      expected: 'a text',
      description: 'Subject; {state}, {client}, {check}, {status}, {output} and {occurrences} are filled in.',
    }),
  ),
  ...timeoutOption,
  ...trustOptions,
});
type MailOptions = Static<typeof Options>;

/** Sends an event as a mail that people can read; a handler with a mutator sends what the mutator made of it. */
export const mail = defineHandler({
  name: 'mail',
  options: Options,
  async run(event, options, context) {
    try {
      return await withinTime(context, options.timeout, (limits) => deliver(event, options, context, limits));
    } catch (thrown) {
      const { fault, message } = failureOf(thrown, options.host);
      throw new Failure(fault, withoutSecrets(message, [options.password]));
    }
  },
});

async function deliver(
  event: Event,
  options: MailOptions,
  context: HandlerContext,
  limits: Limits,
): Promise<string> {
  const { host, secure = false } = options;
  const peer = { host, port: options.port ?? (secure ? 465 : 25) };
  const tls = await tlsOptions(options, host);
  const { socket } = await openSocket({ ...peer, tls: secure ? tls : undefined }, limits);
  try {
    return await send(socket, peerName(peer), { tls, event, options, context, limits });
  } finally {
    socket.destroy();
  }
}

interface Letter {
  tls: ConnectionOptions;
  event: Event;
  options: MailOptions;
  context: HandlerContext;
  limits: Limits;
}

async function send(socket: Socket, where: string, letter: Letter): Promise<string> {
  const { options, context, limits } = letter;
  // Only servers that send mail pay for loading it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: options.host,
    secure: options.secure ?? false,
    getSocket: (_options, take) => take(null, { connection: socket, secured: options.secure ?? false }),
    ...encryption(options, letter.tls),
    ...(options.user !== undefined && { auth: { user: options.user, pass: options.password ?? '' } }),
  });
  try {
    const { accepted, rejected } = await transport.sendMail({ ...message(letter), signal: limits.signal });
    if (rejected.length === 0) return `${where} took the mail for ${accepted.length} recipients`;
    context.log.warn('recipients were refused', { rejected });
    return `${where} took the mail for ${accepted.length} recipients and refused ${rejected.join(', ')}`;
  } catch (thrown) {
    if (limits.signal.aborted) throw endedBy(limits.signal, `talking to ${where}`, 'target');
    throw new Failure('target', `${where} did not take the mail: ${errorText(thrown)}`);
  }
}

function encryption({ secure, starttls, user }: MailOptions, tls: ConnectionOptions): object {
  if (secure) return {};
  if (starttls === false) return { ignoreTLS: true };
  if (starttls === true || user !== undefined) return { requireTLS: true, tls };
  // Whoever could show a false certificate could as well hide the offer of TLS (RFC 7435).
  return { tls: { ...tls, rejectUnauthorized: false } };
}

function message({ event, options, context }: Letter) {
  // Mails of one event refer to the same message, which none of them is: so mail programs show them together.
  const thread = `<${idText(event.id)}@${domainOf(options.from)}>`;
  return {
    from: options.from,
    to: options.to,
    subject: subjectOf(event, options.subject),
    text: isEvent(context.data, event) ? bodyOf(event) : context.data,
    date: new Date(context.clock.now()),
    messageId: `<${idText(event.id)}.${idText(context.deliveryId)}@${domainOf(options.from)}>`,
    inReplyTo: thread,
    references: thread,
    headers: { 'X-Tocsin-Delivery': idText(context.deliveryId), 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** True when no mutator of the user's made another text of the event. */
function isEvent(data: string, event: Event): boolean {
  if (!data.startsWith('{')) return false;
  try {
    return (JSON.parse(data) as Partial<Event>).id === event.id;
  } catch {
    return false;
  }
}

/** A text as part of a message id (RFC 5322, section 3.6.4). */
function idText(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 100);
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}
