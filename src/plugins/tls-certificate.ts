import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { defineCheck, rangeOption, readThresholds, statusFor, Type } from '../plugin.ts';
import { hostOption, openSocket, peerName, portSchema } from './connect.ts';
import { attempt, Failure, found } from './outcome.ts';
import { type Limits, timeoutOption, withinTime } from './time-limit.ts';
import { servernameOption, tlsOptions, trustOptions } from './trust.ts';

const DAY_MS = 86_400_000;
const CHAIN_LIMIT = 10;

const daysRange = (severity: string, range: string) =>
  Object.assign(rangeOption('a range of days such as "30:"'), {
    description: `Days that are left; outside of them it is ${severity}.`,
    default: range,
  });

const Options = Type.Object({
  ...hostOption,
  port: Type.Optional(portSchema('Port that speaks TLS from the first byte.', { default: 443 })),
  warning: Type.Optional(daysRange('a warning', '30:')),
  critical: Type.Optional(daysRange('critical', '7:')),
  ...timeoutOption,
  ...trustOptions,
  ...servernameOption,
});

interface Certificate {
  name: string;
  fromMs: number;
  untilMs: number;
}

interface Presented {
  /** The server's own first, then those that vouch for it. */
  chain: Certificate[];
  /** Why the chain or the name is not accepted. */
  refused: string | undefined;
}

/** Looks at the certificates of a TLS server: who vouches for them, for which name, and when they expire. */
export const tlsCertificate = defineCheck({
  name: 'tls_certificate',
  options: Options,
  run: (options, context) =>
    attempt('CERTIFICATE', async () => {
      const thresholds = readThresholds({
        warning: options.warning ?? '30:',
        critical: options.critical ?? '7:',
      });
      const { chain, refused } = await withinTime(context, options.timeout, (limits) =>
        look({ ...options, port: options.port ?? 443 }, limits),
      );
      const nowMs = context.clock.now();
      const days = Math.round(((firstToExpire(chain).untilMs - nowMs) / DAY_MS) * 100) / 100;
      const items = [{ label: 'days', value: days, ...thresholds }];
      const text = describe(firstToExpire(chain), nowMs);
      const early = chain.find(({ fromMs }) => fromMs > nowMs);
      if (early)
        return found('CERTIFICATE', 2, `${early.name} is not valid before ${day(early.fromMs)}`, items);
      if (refused !== undefined && days > 0) return found('CERTIFICATE', 2, `${refused}; ${text}`, items);
      return found('CERTIFICATE', days <= 0 ? 2 : statusFor(days, thresholds), text, items);
    }),
});

interface Place {
  host: string;
  port: number;
  servername?: string;
  insecure?: boolean;
  ca_file?: string;
}

async function look(place: Place, limits: Limits): Promise<Presented> {
  const { host, port, insecure } = place;
  // Everything is taken here and judged afterwards, so that an expired certificate can be described.
  const tls = { ...(await tlsOptions(place, host)), rejectUnauthorized: false };
  const { socket } = await openSocket({ host, port, tls }, limits);
  try {
    const peer = socket as TLSSocket;
    const chain = chainOf(peer.getPeerCertificate(true));
    if (chain.length === 0) throw new Failure('target', `${peerName(place)} showed no certificate`);
    return { chain, refused: insecure ? undefined : refusal(peer, place.servername ?? host) };
  } finally {
    socket.destroy();
  }
}

/** The certificates that were shown, without a self-signed authority at the end: its age is not the server's affair. */
function chainOf(leaf: DetailedPeerCertificate): Certificate[] {
  const chain: Certificate[] = [];
  let current: DetailedPeerCertificate | undefined = leaf;
  while (current?.valid_to !== undefined && chain.length < CHAIN_LIMIT) {
    const issuer: DetailedPeerCertificate | undefined = current.issuerCertificate;
    const selfSigned: boolean = issuer?.fingerprint256 === current.fingerprint256;
    if (!selfSigned || chain.length === 0) chain.push(certificateOf(current));
    current = selfSigned ? undefined : issuer;
  }
  return chain;
}

function certificateOf(certificate: DetailedPeerCertificate): Certificate {
  const { CN: name } = certificate.subject;
  const names = Array.isArray(name) ? name[0] : name;
  return {
    name: names ?? certificate.subjectaltname ?? 'a certificate without a name',
    fromMs: Date.parse(certificate.valid_from),
    untilMs: Date.parse(certificate.valid_to),
  };
}

function refusal(socket: TLSSocket, name: string): string | undefined {
  const wrongName = checkServerIdentity(name, socket.getPeerCertificate());
  if (wrongName) return `the certificate is not for ${name} (${wrongName.message})`;
  // Node gives the code as text here, whatever the type says.
  const code: unknown = socket.authorizationError;
  return socket.authorized ? undefined : `the chain is not accepted (${String(code)})`;
}

function firstToExpire(chain: readonly Certificate[]): Certificate {
  return chain.reduce((first, other) => (other.untilMs < first.untilMs ? other : first));
}

function describe({ name, untilMs }: Certificate, nowMs: number): string {
  const days = Math.floor(Math.abs(untilMs - nowMs) / DAY_MS);
  const count = days === 1 ? '1 day' : `${days} days`;
  return untilMs > nowMs
    ? `${name} expires in ${count}, on ${day(untilMs)}`
    : `${name} expired ${count} ago, on ${day(untilMs)}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
