import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { isIPv6, type Socket } from 'node:net';
import { type DecodedPacket, decode, encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';
import { type Clock, errorText } from '../plugin.ts';
import { converse, failureOf, openSocket, type Peer, peerName } from './connect.ts';
import { Failure } from './outcome.ts';
import { endedBy, type Limits } from './time-limit.ts';

/** After so long without an answer a datagram counts as lost and is sent again (RFC 1035, section 4.2.1). */
const RESEND_MS = 2_000;
const HEAD_BYTES = 12;

export interface DnsQuestion {
  name: string;
  type: RecordType;
  /** 0 to 65,535, by chance: an answer to another id is not ours. */
  id: number;
}

/**
 * Asks one name server, over UDP, and again over TCP when the answer was truncated (RFC 7766). Answers to other
 * questions are ignored. Throws a `Failure`.
 */
export async function ask(question: DnsQuestion, server: Peer, limits: Limits): Promise<DecodedPacket> {
  const { id, name, type } = question;
  const packet = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type }] });
  const answer = await askOverUdp(packet, question, server, limits);
  if (!answer.flag_tc) return answer;
  const { socket } = await openSocket(server, limits);
  try {
    return await askOverTcp(socket, packet, question, peerName(server));
  } finally {
    socket.destroy();
  }
}

function askOverUdp(
  packet: Buffer,
  question: DnsQuestion,
  server: Peer,
  { clock, signal }: Limits,
): Promise<DecodedPacket> {
  const where = peerName(server);
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
  const asked = new Promise<DecodedPacket>((resolve, reject) => {
    const abort = (): void => reject(endedBy(signal, `waiting for ${where} to answer`, 'network'));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    socket.on('error', (error) => reject(failureOf(error, where)));
    socket.on('message', (message) => {
      try {
        const answer = answerTo(question, message, where);
        if (answer) resolve(answer);
      } catch (error) {
        reject(failureOf(error, where));
      }
    });
    socket.connect(server.port, server.host, () => sendUntilClosed(socket, packet, clock));
  });
  return asked.finally(() => socket.close());
}

function sendUntilClosed(socket: UdpSocket, packet: Buffer, clock: Clock): void {
  // A send that fails is told of by the socket's error event.
  socket.send(packet);
  const timer = clock.after(RESEND_MS, () => sendUntilClosed(socket, packet, clock));
  socket.once('close', () => timer.cancel());
}

function askOverTcp(
  socket: Socket,
  packet: Buffer,
  question: DnsQuestion,
  where: string,
): Promise<DecodedPacket> {
  return converse(socket, where, (resolve, reject) => {
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) return;
      try {
        const answer = answerTo(question, heard.subarray(2, 2 + heard.readUInt16BE(0)), where);
        if (answer) resolve(answer);
        else reject(new Failure('target', `${where} answered another question`));
      } catch (error) {
        reject(failureOf(error, where));
      }
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    socket.write(Buffer.concat([length, packet]));
  });
}

/** The message as an answer to our question; undefined when it is none. Throws a `Failure` if it cannot be read. */
function answerTo(question: DnsQuestion, message: Buffer, where: string): DecodedPacket | undefined {
  if (message.length < HEAD_BYTES || message.readUInt16BE(0) !== question.id) return undefined;
  const answer = read(message, where);
  if (!answer.flag_qr) return undefined;
  const [asked] = answer.questions ?? [];
  // A server that refuses need not repeat the question.
  if (asked === undefined) return rcodeOf(answer) === 0 ? undefined : answer;
  return asked.type === question.type && sameName(asked.name, question.name) ? answer : undefined;
}

function read(message: Buffer, where: string): DecodedPacket {
  try {
    return decode(message);
  } catch (thrown) {
    throw new Failure('target', `the answer of ${where} can not be read: ${errorText(thrown)}`);
  }
}

function sameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other);
}

/** A name in lower case without the dot of the root. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** The response code (RFC 1035, section 4.1.1): 0 when all went well. */
export function rcodeOf({ flags = 0 }: DecodedPacket): number {
  return flags & 0xf;
}
