import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { rawRequest } from '../../src/testing/api/raw-http.ts';

/** An answer of Sensu Core 1.9.0, as it came over the wire. */
export interface Captured {
  name: string;
  request: { method: string; path: string; headers: Record<string, string>; body?: string; user?: string };
  status: string;
  headers: string[];
  body: string;
}

export function captured(fixture: string): Captured[] {
  return JSON.parse(readFileSync(new URL(`fixtures/api/${fixture}`, import.meta.url), 'utf8'));
}

/** What differs in each run, or between two programs that both do it right: member → why it is not compared. */
const VOLATILE: Readonly<Record<string, string>> = {
  issued: 'a time',
  executed: 'a time',
  timestamp: 'a time',
  last_execution: 'a time',
  last_state_change: 'a time',
  duration: 'a duration',
  id: 'a random id',
  hexdigest: 'a digest of the configuration in a text form of its own',
  user: 'processor time, or a name of the configuration that is compared elsewhere',
  system: 'processor time',
  occurrences: 'counts the runs so far',
  occurrences_watermark: 'counts the runs so far',
  expire: 'seconds left',
};

/** A document in which what is volatile reads the same everywhere; the order of members is kept. */
function plain(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    if (name === 'history') return [...new Set(value)];
    return value.map((item) => plain(item));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, plain(inner, member)]));
  }
  if (name === 'last_ok') return value === null ? null : 0;
  if (name === 'id' && typeof value === 'string' && value.includes(':')) return value;
  if (name === 'expire') return typeof value === 'number' && value >= 0 ? 0 : value;
  if (name === 'name' && (value === 'rabbitmq' || value === 'memory')) return 'transport';
  return name in VOLATILE ? 0 : value;
}

/** A body as texts that can be compared: lists stand in the order of a set, which means nothing. */
export function comparable(body: string): unknown {
  if (!/^[[{]/.test(body)) return body;
  const document = plain(JSON.parse(body));
  return Array.isArray(document)
    ? document.map((item) => JSON.stringify(item)).sort()
    : JSON.stringify(document);
}

export interface Allowances {
  /** The list was cut by `limit`: which items come first is arbitrary, so only how many there are counts. */
  anyItems?: boolean;
  /** Members of the body that are not compared, with their reasons beside the test that asks for it. */
  without?: readonly string[];
}

/** Sends the request again and holds the answer to what was captured: status, headers in their order, body. */
export async function replay(port: number, wanted: Captured, allowances: Allowances = {}): Promise<void> {
  const { user, ...request } = wanted.request;
  const login = user === undefined ? {} : { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const answer = await rawRequest(port, { ...request, headers: { ...login, ...request.headers } });
  expect(answer.status).toBe(wanted.status);
  const bytes = Buffer.byteLength(answer.body);
  expect(answer.headers.filter((line) => line.startsWith('Content-length'))).toEqual([
    `Content-length: ${bytes}`,
  ]);
  const given = request.headers['X-Request-ID'];
  expect(answer.headers.map((line) => header(line, given))).toEqual(
    wanted.headers.map((line) => header(line, given)),
  );
  const seen = prepared(answer.body, allowances);
  const known = prepared(wanted.body, allowances);
  if (allowances.anyItems) expect((seen as unknown[]).length).toBe((known as unknown[]).length);
  else expect(seen).toEqual(known);
}

/** A new request id is one of the right form; a length is compared with the body it belongs to. */
function header(line: string, given: string | undefined): string {
  if (line.startsWith('Content-length')) return 'Content-length';
  return given === undefined ? line.replace(/^X-Request-ID: [0-9a-f-]{36}$/, 'X-Request-ID: new') : line;
}

function prepared(body: string, { without = [] }: Allowances): unknown {
  if (without.length === 0) return comparable(body);
  const document = JSON.parse(body);
  for (const name of without) delete document[name];
  return comparable(JSON.stringify(document));
}
