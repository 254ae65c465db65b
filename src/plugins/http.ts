import {
  type CheckOutcome,
  defineCheck,
  type PerfdataItem,
  readThresholds,
  type Static,
  statusFor,
  type Thresholds,
  Type,
} from '../plugin.ts';
import { phaseItems } from './connect.ts';
import {
  authorizationHeader,
  credentialsOf,
  exchange,
  type HttpAnswer,
  headersOf,
  hostOf,
  readUrl,
} from './http-exchange.ts';
import { attempt, Failure, found, inSeconds } from './outcome.ts';
import { type Limits, timeoutOption, timeThresholdOptions, withinTime } from './time-limit.ts';
import { servernameOption, tlsOptions, trustOptions } from './trust.ts';

const BODY_LIMIT_BYTES = 2 ** 20;
const REDIRECT_LIMIT = 10;
const STATUS_PATTERN = '^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$';

const Options = Type.Object({
  url: Type.String({
    pattern: '^https?://',
    expected: 'a URL that begins with http:// or https://',
    description: 'What to ask for.',
  }),
  method: Type.Optional(
    Type.String({
      pattern: '^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$',
      default: 'GET',
      expected: 'GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS',
      description: 'Method of the request.',
    }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      expected: 'an object of header names and values',
      description: 'Headers of the request. Another origin, reached by a redirect, is not sent them.',
    }),
  ),
  body: Type.Optional(Type.String({ expected: 'a string', description: 'Body of the request.' })),
  user: Type.Optional(Type.String({ expected: 'a user name', description: 'User for HTTP Basic.' })),
  password: Type.Optional(Type.String({ expected: 'a string', description: 'Password for HTTP Basic.' })),
  follow_redirects: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: REDIRECT_LIMIT,
      default: 0,
      expected: `a whole number from 0 to ${REDIRECT_LIMIT}`,
      description: 'How many redirects are followed.',
    }),
  ),
  status: Type.Optional(
    Type.Union([Type.String({ pattern: STATUS_PATTERN }), Type.Integer({ minimum: 100, maximum: 599 })], {
      default: '200-399',
      expected: 'HTTP statuses such as 200, "200-299" or "200,301-303"',
      description: 'Statuses that are good; any other is critical.',
    }),
  ),
  contains: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a text',
      description: 'Text that has to be in the first MiB of the body.',
    }),
  ),
  not_contains: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a text',
      description: 'Text that may not be in the first MiB of the body.',
    }),
  ),
  ...timeThresholdOptions,
  ...timeoutOption,
  ...trustOptions,
  ...servernameOption,
});
type HttpOptions = Static<typeof Options>;

/** Asks a web server, and judges status, text and time of its answer. */
export const http = defineCheck({
  name: 'http',
  options: Options,
  run: (options, context) =>
    attempt('HTTP', async () => {
      const thresholds = readThresholds(options);
      const startedMs = context.clock.elapsed();
      const answer = await withinTime(context, options.timeout, (limits) => follow(options, limits));
      return judge(answer, context.clock.elapsed() - startedMs, options, thresholds);
    }),
});

interface Hop {
  url: URL;
  method: string;
  body: string | undefined;
}

/** Asks, and goes where it is sent, as often as the options allow. */
async function follow(options: HttpOptions, limits: Limits): Promise<HttpAnswer> {
  const first = readUrl(options.url);
  let hop: Hop = { url: first, method: options.method ?? 'GET', body: options.body };
  for (let left = options.follow_redirects ?? 0; ; left--) {
    const answer = await askHop(hop, first, options, limits);
    const target = redirectTarget(answer, hop.url);
    if (target === undefined || (options.follow_redirects ?? 0) === 0) return answer;
    if (left === 0) {
      throw new Failure(
        'target',
        `redirected more than ${options.follow_redirects} times, last to ${place(target)}`,
      );
    }
    hop = nextHop(hop, answer.status, target);
  }
}

async function askHop(hop: Hop, first: URL, options: HttpOptions, limits: Limits): Promise<HttpAnswer> {
  // What was configured for one origin, credentials above all, is not told to another.
  const trusted = hop.url.origin === first.origin;
  const servername = trusted ? options.servername : undefined;
  const { url, method, body } = hop;
  return exchange(
    {
      url,
      method,
      body,
      headers: trusted ? ownHeaders(options, first) : {},
      tls: await tlsOptions({ ...options, servername }, hostOf(url)),
      limitBytes: BODY_LIMIT_BYTES,
    },
    limits,
  );
}

function ownHeaders(options: HttpOptions, url: URL): Record<string, string> {
  const { user, password } = credentialsOf(url);
  const authorization = authorizationHeader(options.user ?? user, options.password ?? password);
  return headersOf(authorization, options.headers ?? {});
}

const REDIRECTS = [301, 302, 303, 307, 308];

function redirectTarget({ status, headers }: HttpAnswer, from: URL): URL | undefined {
  if (!REDIRECTS.includes(status) || headers.location === undefined) return undefined;
  const target = URL.canParse(headers.location, from.href) ? new URL(headers.location, from) : undefined;
  if (target?.protocol === 'http:' || target?.protocol === 'https:') return target;
  throw new Failure('target', `redirected to what is not a web address: ${headers.location}`);
}

/** The request that follows a redirect (RFC 9110, section 15.4): as browsers do, 301 and 302 make a POST a GET. */
function nextHop({ method, body }: Hop, status: number, url: URL): Hop {
  const becomesGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST');
  return becomesGet ? { url, method: 'GET', body: undefined } : { url, method, body };
}

/** A URL for people: without user, password and query, which may be secret. */
function place(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function judge(
  answer: HttpAnswer,
  totalMs: number,
  options: HttpOptions,
  thresholds: Thresholds,
): CheckOutcome {
  const items = measured(answer, totalMs, thresholds);
  const what = `${answer.status} in ${inSeconds(totalMs).toFixed(3)} s, ${bytesText(answer)}`;
  const wrong = wrongStatus(answer, options) ?? wrongText(answer, options);
  if (wrong !== undefined) return found('HTTP', 2, `${wrong}: ${what}`, items);
  return found('HTTP', statusFor(inSeconds(totalMs), thresholds), what, items);
}

function measured(answer: HttpAnswer, totalMs: number, thresholds: Thresholds): PerfdataItem[] {
  return [
    { label: 'time', value: inSeconds(totalMs), unit: 's', ...thresholds },
    { label: 'size', value: answer.body.length, unit: 'B' },
    ...phaseItems(answer.phases),
    { label: 'first_byte', value: inSeconds(answer.firstByteMs), unit: 's' },
  ];
}

function bytesText({ body, cut }: HttpAnswer): string {
  return cut ? `more than ${body.length} bytes` : `${body.length} bytes`;
}

function wrongStatus({ status }: HttpAnswer, options: HttpOptions): string | undefined {
  const expected = String(options.status ?? '200-399');
  const good = expected.split(',').some((part) => {
    const [from = '', to = from] = part.split('-');
    return status >= Number(from) && status <= Number(to);
  });
  return good ? undefined : `status is not ${expected}`;
}

function wrongText({ body, cut }: HttpAnswer, options: HttpOptions): string | undefined {
  const { contains, not_contains: unwanted } = options;
  if (contains === undefined && unwanted === undefined) return undefined;
  const text = body.toString('utf8');
  if (contains !== undefined && !text.includes(contains)) {
    return `"${contains}" is not in the ${cut ? `first ${body.length} bytes of the ` : ''}body`;
  }
  return unwanted !== undefined && text.includes(unwanted) ? `"${unwanted}" is in the body` : undefined;
}
