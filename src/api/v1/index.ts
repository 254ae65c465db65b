/**
 * The API of our own, below `/api/v1`. In: requests held to the schemas of their routes. Out: JSON documents, and the
 * stream of changes. Runs where the API runs; remembers the last changes for readers of the stream. It never answers
 * an error without a sentence that says what is wrong.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { Identity } from '../../access/index.ts';
import { problemsOf } from '../../model/problems.ts';
import { type ErrorKind, TocsinError } from '../../runtime/errors.ts';
import { type Answer, refusal } from '../answer.ts';
import { readObject } from '../body.ts';
import type { Responder } from '../respond.ts';
import { openApi } from './openapi.ts';
import type { V1Parts, V1Route } from './route.ts';

export { openV1, type V1 } from './v1.ts';

/** Where all paths of this API begin. */
export const PREFIX = '/api/v1';

const STREAM_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-type': 'text/event-stream; charset=utf-8',
  // Proxies that gather answers would hold the stream back.
  'X-Accel-Buffering': 'no',
};

const STATUS: Readonly<Partial<Record<ErrorKind, number>>> = {
  input: 400,
  not_found: 404,
  conflict: 409,
  refused: 403,
  unavailable: 503,
  closed: 503,
  timeout: 504,
};

const AWAY: Answer = {
  ...refusal(
    503,
    'The store is away, so nothing can be changed now; reading goes on. Try again in a moment.',
  ),
  headers: { 'Retry-After': '5' },
};

/** What all routes share: how far answers are behind the store. */
export interface Freshness {
  behindMs(): number;
}

/** What the routes are handed by whoever let the request in. */
export interface Desk {
  responder: Responder;
  callerOf(request: FastifyRequest): Identity;
  /** Writes down what a request has changed. */
  record(request: FastifyRequest, answer: Answer): Promise<void>;
  /** Ends an answer that goes on when its reader has lost the right to it. */
  endWithRight(response: ServerResponse, request: FastifyRequest): void;
}

/** Adds the routes to an instance whose bodies are read as bytes. */
export function registerV1(
  app: FastifyInstance,
  parts: V1Parts,
  v1: { routes: readonly V1Route[]; freshness: Freshness },
  desk: Desk,
): void {
  const told: Responder = { ...desk.responder, ...behindTold(desk.responder, v1.freshness) };
  const routes = [...v1.routes, openApi(v1.routes, parts)];
  app.setValidatorCompiler(({ schema }) => validator(schema as TSchema));
  app.setSerializerCompiler(() => JSON.stringify);
  for (const route of routes) {
    app.route({
      method: route.method,
      url: PREFIX + route.path,
      schema: route.schema,
      preValidation: readBody(told),
      config: route.role === undefined ? {} : { role: route.role },
      handler: (request, reply) => answer(route, parts, { desk, told }, request, reply),
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const known = routes.filter((route) => route.path === path).map((route) => route.method as string);
    app.route({
      method: app.supportedMethods.filter((method) => !known.includes(method)),
      url: PREFIX + path,
      handler: (request, reply) => told.send(request, reply, otherMethod(known, request.method)),
    });
  }
}

/** Every answer says how far it is behind; what is wrong with a request is told before anything is read. */
function behindTold(responder: Responder, freshness: Freshness): Pick<Responder, 'send' | 'open'> {
  const header = () => ({ 'X-Behind-Ms': String(Math.round(freshness.behindMs())) });
  return {
    send: (request, reply, given) =>
      responder.send(request, reply, { ...given, headers: { ...header(), ...given.headers } }),
    open: (request, reply, headers) => responder.open(request, reply, { ...header(), ...headers }),
  };
}

/** What a failed request is answered; undefined for a defect of ours. */
export function v1AnswerToError(error: unknown): Answer | undefined {
  if (!(error instanceof TocsinError)) return undefined;
  const status = STATUS[error.kind];
  return status === undefined ? undefined : refusal(status, error.message);
}

async function answer(
  route: V1Route,
  parts: V1Parts,
  { desk, told }: { desk: Desk; told: Responder },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (route.writes && !parts.registry.store.connected) return told.send(request, reply, AWAY);
  const { params, query, body, headers } = request;
  const caller = desk.callerOf(request);
  const answered = await route.handle({ params, query, body, headers, caller }, parts);
  if ('status' in answered) {
    if (route.method !== 'GET' && route.audited !== false) await desk.record(request, answered);
    return told.send(request, reply, answered);
  }
  told.open(request, reply, answered.headers ?? STREAM_HEADERS);
  desk.endWithRight(reply.raw, request);
  answered.stream(reply.raw);
}

function readBody(responder: Responder) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const bytes = request.body;
    const isEmpty = bytes === undefined || (Buffer.isBuffer(bytes) && bytes.length === 0);
    const body = isEmpty ? {} : readObject(bytes);
    if (!body) {
      responder.send(request, reply, refusal(400, 'The body is not a JSON object.'));
      return reply;
    }
    request.body = body;
    return undefined;
  };
}

function otherMethod(known: readonly string[], method: string): Answer {
  if (method === 'OPTIONS') return { status: 200 };
  const headers = { Allow: known.join(', ') };
  return {
    ...refusal(405, `Only ${known.join(' and ')} ${known.length > 1 ? 'are' : 'is'} possible here.`),
    headers,
  };
}

function validator(schema: TSchema) {
  return (value: unknown) => {
    const [problem] = problemsOf(schema, value);
    if (!problem) return { value };
    const { path, expected, found } = problem;
    return { error: new TocsinError('MESSAGE_INVALID', `"${path}" must be ${expected}; it is ${found}.`) };
  };
}
