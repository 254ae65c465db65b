import { unescape as decodePercent } from 'node:querystring';
import { defineHandler, type HandlerContext, type Static, Type } from '../plugin.ts';
import { failureOf } from './connect.ts';
import {
  authorizationHeader,
  credentialsOf,
  exchange,
  type HttpAnswer,
  headersOf,
  hostOf,
  readUrl,
} from './http-exchange.ts';
import { Failure, oneLine, withoutSecrets } from './outcome.ts';
import { timeoutOption, withinTime } from './time-limit.ts';
import { tlsOptions, trustOptions } from './trust.ts';

const ANSWER_LIMIT_BYTES = 4096;
const SHOWN_LENGTH = 200;

const Options = Type.Object({
  url: Type.String({
    pattern: '^https?://',
    expected: 'a URL that begins with http:// or https://',
    description: 'Where events are posted to.',
  }),
  method: Type.Optional(
    Type.String({
      pattern: '^(POST|PUT|PATCH)$',
      default: 'POST',
      expected: 'POST, PUT or PATCH',
      description: 'Method of the request.',
    }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      expected: 'an object of header names and values',
      description: 'Headers beside our own, for example "authorization".',
    }),
  ),
  ...timeoutOption,
  ...trustOptions,
});
type WebhookOptions = Static<typeof Options>;

/** Posts what the mutator made of an event. Everything but a 2xx answer is a failure. */
export const webhook = defineHandler({
  name: 'webhook',
  options: Options,
  async run(_event, options, context) {
    const url = readUrl(options.url);
    const headers = requestHeaders(options, url, context.deliveryId);
    const secrets = [...Object.values(options.headers ?? {}), headers['authorization'], ...urlSecrets(url)];
    try {
      const answer = await post(url, headers, options, context);
      if (answer.status >= 200 && answer.status <= 299) return `${url.host} answered ${answer.status}`;
      throw new Failure('target', refusal(url, answer));
    } catch (thrown) {
      const { fault, message } = failureOf(thrown, url.host);
      throw new Failure(fault, withoutSecrets(message, secrets));
    }
  },
});

function requestHeaders(options: WebhookOptions, url: URL, deliveryId: string): Record<string, string> {
  const { user, password } = credentialsOf(url);
  const authorization = authorizationHeader(user, password);
  return headersOf(authorization, { 'content-type': 'application/json' }, options.headers ?? {}, {
    'x-tocsin-delivery': deliveryId,
  });
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: WebhookOptions,
  context: HandlerContext,
): Promise<HttpAnswer> {
  return withinTime(context, options.timeout, async (limits) =>
    exchange(
      {
        url,
        method: options.method ?? 'POST',
        headers,
        body: context.data,
        tls: await tlsOptions(options, hostOf(url)),
        limitBytes: ANSWER_LIMIT_BYTES,
      },
      limits,
    ),
  );
}

function refusal(url: URL, { status, body }: HttpAnswer): string {
  const said = oneLine(body.toString('utf8'), SHOWN_LENGTH);
  return `${url.host} answered ${status}${said === '' ? '' : `: ${said}`}`;
}

/** What may be secret in a URL: many services hand out one whose path or query is the key. */
function urlSecrets(url: URL): string[] {
  const parts = [`${url.pathname}${url.search}`, url.search, url.pathname, url.password];
  return [...parts, ...parts.map((part) => decodePercent(part))];
}
