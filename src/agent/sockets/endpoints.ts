import { secretsOf, shownDocument } from '../../config/index.ts';
import { parseJson } from '../../model/json.ts';
import type { Attributes } from '../../model/schema.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import type { Transport, TransportStatistics } from '../../transport/index.ts';
import { isAuthorized, type Login } from './gate.ts';
import { STATISTICS_MS } from './limits.ts';
import type { Reports } from './reports.ts';

/** A request with its body. */
export interface HttpRequest {
  method: string;
  /** The path with its query. */
  url: string;
  contentType: string | undefined;
  authorization: string | undefined;
  body: Buffer;
}

/** What is answered: a JSON document, with the status line that Sensu Core 1.9 gives it. */
export interface HttpAnswer {
  status: number;
  reason: string;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** What the endpoints read; `login` and `document` are asked for at each request, since a reload changes them. */
export interface EndpointParts {
  clock: Clock;
  transport: Transport;
  version: string;
  reports: Reports;
  login(): Login;
  /** The configuration as it was written. */
  document(): Attributes;
}

interface Endpoint {
  help: string;
  method: 'GET' | 'POST';
  /** True when nobody may ask without user and password. */
  guarded?: true;
  /** True when it is told to everybody, whatever is protected. */
  open?: true;
  answer(request: HttpRequest, parts: EndpointParts): HttpAnswer | Promise<HttpAnswer>;
}

const VIA = 'http';
const UNKNOWN = { messages: null, consumers: null };

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/info': {
    help: 'What this client runs, and how its transport is',
    method: 'GET',
    answer: (_, parts) => info(parts),
  },
  '/results': {
    help: 'Takes a check result, or an array of them, as JSON',
    method: 'POST',
    answer: takeResults,
  },
  '/settings': {
    help: 'The configuration of this client; secrets are left out unless redacted=false',
    method: 'GET',
    guarded: true,
    answer: ({ url }, { document }) => {
      const whole = /redacted=false/i.test(url.slice(pathOf(url).length));
      return answered(200, 'OK', whole ? document() : shownDocument(document(), secretsOf(document())));
    },
  },
  '/brew': {
    help: 'Asks this client for coffee',
    method: 'GET',
    open: true,
    answer: () => told(418, "I'm a teapot!"),
  },
};

/** Answers a request, by path, method and credentials. Never rejects but for a defect. */
export async function answerHttp(request: HttpRequest, parts: EndpointParts): Promise<HttpAnswer> {
  const path = pathOf(request.url);
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  if (!endpoint) return answered(404, 'Not Found', { endpoints: listing() });
  if (request.method !== endpoint.method) {
    const sentence = `Valid methods for this endpoint: ["${endpoint.method}"]`;
    return told(405, sentence, 'Method Not Allowed');
  }
  const login = parts.login();
  const guarded = endpoint.guarded || (login.protectAll && !endpoint.open);
  if (guarded && !isAuthorized(request.authorization, login)) return unauthorized(parts.reports);
  return endpoint.answer(request, parts);
}

/** An answer that is one sentence, under its own reason or that sentence. */
export function told(status: number, sentence: string, reason = sentence): HttpAnswer {
  return answered(status, reason, { response: sentence });
}

/** The answer to what cannot be carried out: whoever wants to know why finds it in the log. */
export function failed(): HttpAnswer {
  const reason = 'Internal Server Error';
  return told(500, `${reason}: Check your Sensu logs for error details`, reason);
}

function answered(status: number, reason: string, body: unknown): HttpAnswer {
  return { status, reason, body };
}

function unauthorized(reports: Reports): HttpAnswer {
  reports.refused(VIA, 'without the right user and password');
  return {
    status: 401,
    reason: 'Unauthorized',
    body: { response: 'You must be authenticated using your http_options user and password settings' },
    headers: { 'WWW-Authenticate': 'Basic realm="Sensu Client Restricted Area"' },
  };
}

function listing(): Attributes {
  return Object.fromEntries(
    Object.entries(ENDPOINTS).map(([path, { help, method }]) => [path, { help, methods: [method] }]),
  );
}

async function takeResults(
  { contentType, body }: HttpRequest,
  { reports }: EndpointParts,
): Promise<HttpAnswer> {
  if (!contentType?.includes('application/json') || body.length === 0) {
    reports.invalid(VIA, 'expected a body of the content type application/json');
    return told(415, 'Invalid content type');
  }
  const parsed = parseJson(reports.decode(body, VIA));
  if (!parsed) {
    reports.invalid(VIA, 'it is no JSON, or incomplete');
    return told(400, 'Failed to parse JSON body');
  }
  return (await reports.take(parsed.value, VIA)) === 'ok' ? told(202, 'ok', 'OK') : failed();
}

async function info({ transport, version, clock }: EndpointParts): Promise<HttpAnswer> {
  const queues = await statisticsOf(transport, clock);
  return answered(200, 'OK', {
    sensu: { version },
    transport: {
      name: transport.name,
      keepalives: queues?.keepalives ?? UNKNOWN,
      results: queues?.results ?? UNKNOWN,
      connected: transport.connected,
    },
  });
}

/** Queue depths; null when they cannot be known now, or not soon. */
async function statisticsOf(transport: Transport, clock: Clock): Promise<TransportStatistics | null> {
  if (!transport.connected) return null;
  const over = new AbortController();
  const late = sleep(clock, STATISTICS_MS, over.signal).then(() => null);
  try {
    return await Promise.race([transport.statistics(), late]);
  } catch {
    return null;
  } finally {
    over.abort();
  }
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
