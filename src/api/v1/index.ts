/**
 * The API of our own, below `/api/v1`. In: requests held to the schemas of their routes. Out: JSON documents, and the
 * stream of changes. Runs where the API runs; remembers the last changes for readers of the stream. It never answers
 * an error without a sentence that says what is wrong.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { problemsOf } from '../../model/problems.ts';
import { type ErrorKind, TocsinError } from '../../runtime/errors.ts';
import { type Answer, refusal } from '../answer.ts';
import { readObject } from '../body.ts';
import type { ApiLimits, ApiParts } from '../parts.ts';
import type { Responder } from '../respond.ts';
import { counters } from './counters.ts';
import { heartbeats } from './heartbeats.ts';
import { deliveries, transitions } from './logs.ts';
import type { V1Route } from './route.ts';
import type { Hub } from './stream/hub.ts';
import { stream } from './stream/index.ts';

export { Hub } from './stream/hub.ts';

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
  unavailable: 503,
  closed: 503,
  timeout: 504,
};

/** Adds the routes to an instance whose bodies are read as bytes. */
export function registerV1(
  app: FastifyInstance,
  parts: ApiParts & { limits: ApiLimits },
  hub: Hub,
  responder: Responder,
): void {
  app.setValidatorCompiler(({ schema }) => validator(schema as TSchema));
  app.setSerializerCompiler(() => JSON.stringify);
  for (const route of [stream(hub), heartbeats, deliveries, transitions, counters]) {
    const url = PREFIX + route.path;
    app.route({
      method: route.method,
      url,
      schema: route.schema,
      preValidation: readBody(responder),
      handler: (request, reply) => answer(route, parts, responder, request, reply),
    });
    app.route({
      method: app.supportedMethods.filter((method) => method !== route.method),
      url,
      handler: (request, reply) => responder.send(request, reply, otherMethod(route, request.method)),
    });
  }
}

/** What a failed request is answered; undefined for a defect of ours. */
export function v1AnswerToError(error: unknown): Answer | undefined {
  if (!(error instanceof TocsinError)) return undefined;
  const status = STATUS[error.kind];
  return status === undefined ? undefined : refusal(status, error.message);
}

async function answer(
  route: V1Route,
  parts: ApiParts & { limits: ApiLimits },
  responder: Responder,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { params, query, body, headers } = request;
  const answered = await route.handle({ params, query, body, headers }, parts);
  if ('status' in answered) return responder.send(request, reply, answered);
  responder.open(request, reply, STREAM_HEADERS);
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

function otherMethod(route: V1Route, method: string): Answer {
  if (method === 'OPTIONS') return { status: 200 };
  const headers = { Allow: route.method };
  return { ...refusal(405, `Only ${route.method} is possible here.`), headers };
}

function validator(schema: TSchema) {
  return (value: unknown) => {
    const [problem] = problemsOf(schema, value);
    if (!problem) return { value };
    const { path, expected, found } = problem;
    return { error: new TocsinError('MESSAGE_INVALID', `"${path}" must be ${expected}; it is ${found}.`) };
  };
}
