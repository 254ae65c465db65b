import { getServers } from 'node:dns';
import type { Answer, DecodedPacket } from 'dns-packet';
import {
  type CheckOutcome,
  defineCheck,
  type PerfdataItem,
  readThresholds,
  type Static,
  statusFor,
  Type,
} from '../plugin.ts';
import { portSchema } from './connect.ts';
import { ask, plainName, rcodeOf } from './dns-query.ts';
import { attempt, Failure, found, inSeconds } from './outcome.ts';
import { timeoutOption, timeThresholdOptions, withinTime } from './time-limit.ts';

const DNS_PORT = 53;
const TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;
/** Labels of 1 to 63 printable characters, or the root. */
const NAME_PATTERN = '^([!-\\-/-~]{1,63}\\.)*[!-\\-/-~]{1,63}\\.?$|^\\.$';

const Options = Type.Object({
  name: Type.String({
    pattern: NAME_PATTERN,
    maxLength: 253,
    expected: 'a domain name in ASCII',
    description: 'Name to ask for.',
  }),
  type: Type.Optional(
    Type.Union(
      TYPES.map((type) => Type.Literal(type)),
      { default: 'A', expected: `one of ${TYPES.join(', ')}`, description: 'Type of record to ask for.' },
    ),
  ),
  server: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a name or address of a name server',
      description: 'Name server to ask; the first one of the system unless given.',
    }),
  ),
  port: Type.Optional(portSchema('Port of the name server.', { default: DNS_PORT })),
  expected: Type.Optional(
    Type.Array(Type.String(), {
      expected: 'an array of values such as "192.0.2.1" or "10 mail.example.com"',
      description: 'Values that have to be among the answers.',
    }),
  ),
  exact: Type.Optional(
    Type.Boolean({
      default: false,
      expected: 'true or false',
      description: 'The answers have to be the expected values and no others.',
    }),
  ),
  ...timeThresholdOptions,
  ...timeoutOption,
});
type DnsOptions = Static<typeof Options>;

/** Asks a name server for the records of a name. */
export const dns = defineCheck({
  name: 'dns',
  options: Options,
  run: (options, context) =>
    attempt('DNS', async () => {
      const thresholds = readThresholds(options);
      const { name, type = 'A' } = options;
      const id = Math.floor(context.random.number() * 65_536);
      const startedMs = context.clock.elapsed();
      const answer = await withinTime(context, options.timeout, (limits) =>
        ask({ name, type, id }, serverOf(options), limits),
      );
      const seconds = inSeconds(context.clock.elapsed() - startedMs);
      const time = { label: 'time', value: seconds, unit: 's', ...thresholds };
      return judge(answer, options, time, statusFor(seconds, thresholds));
    }),
});

function serverOf({ server, port }: DnsOptions): { host: string; port: number } {
  if (server !== undefined) return { host: server, port: port ?? DNS_PORT };
  const [first] = getServers();
  if (first === undefined)
    throw new Failure('ours', 'the system has no name server: set the option "server"');
  // "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"
  const parts = /^\[(?<v6>.+)\]:(?<v6port>\d+)$|^(?<v4>[^:]+):(?<v4port>\d+)$/.exec(first)?.groups;
  const ownPort = parts?.['v6port'] ?? parts?.['v4port'];
  return {
    host: parts?.['v6'] ?? parts?.['v4'] ?? first,
    port: port ?? (ownPort === undefined ? DNS_PORT : Number(ownPort)),
  };
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function judge(
  answer: DecodedPacket,
  options: DnsOptions,
  time: PerfdataItem,
  timeStatus: number,
): CheckOutcome {
  const { name, type = 'A' } = options;
  const what = `${name} ${type}`;
  const rcode = rcodeOf(answer);
  if (rcode !== 0) return found('DNS', 2, `${what}: ${RCODES[rcode] ?? `error ${rcode}`}`, [time]);
  const records = (answer.answers ?? []).filter((record) => record.type === type);
  const items = [time, { label: 'answers', value: records.length }];
  if (records.length === 0) return found('DNS', 2, `${what}: no such record`, items);
  const values = records.map(recordText);
  const text = `${what} is ${values.join(', ')}`;
  const wrong = wrongValues(values.map(plainName), options);
  if (wrong !== undefined) return found('DNS', 2, `${wrong}: ${text}`, items);
  return found('DNS', timeStatus, `${text} in ${(time.value ?? 0).toFixed(3)} s`, items);
}

function wrongValues(values: readonly string[], { expected, exact }: DnsOptions): string | undefined {
  if (expected === undefined) return undefined;
  const wanted = expected.map(plainName);
  const missing = wanted.filter((value) => !values.includes(value));
  if (missing.length > 0) return `missing ${missing.join(', ')}`;
  const surplus = exact ? values.filter((value) => !wanted.includes(value)) : [];
  return surplus.length > 0 ? `unexpected ${surplus.join(', ')}` : undefined;
}

/** What a record says, as zone files write it. */
function recordText(record: Answer): string {
  switch (record.type) {
    case 'MX':
      return `${record.data.preference ?? 0} ${record.data.exchange}`;
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = record.data;
      return `${priority} ${weight} ${port} ${target}`;
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
      return [mname, rname, serial, refresh, retry, expire, minimum].join(' ');
    }
    case 'CAA':
      return `${record.data.flags ?? 0} ${record.data.tag} "${record.data.value}"`;
    case 'TXT': {
      const parts = Array.isArray(record.data) ? record.data : [record.data];
      return parts.map((part) => part.toString()).join('');
    }
    default:
      return 'data' in record ? String(record.data) : '';
  }
}
