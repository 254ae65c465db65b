import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.ts';
import { errorText } from '../runtime/errors.ts';
import { type Answer, empty, isList, refusal } from './answer.ts';
import { createGate, type Gate } from './gate.ts';
import { createResponder, type Responder } from './respond.ts';
import { answerToError, createDispatch, type EndpointParts, ROUTES } from './sensu/index.ts';
import { PREFIX, v1AnswerToError } from './v1/index.ts';

/** One request and its answer, from the gate to the books: all endpoints of both APIs go through here. */
export class Exchange {
  readonly responder: Responder;
  readonly #parts: EndpointParts;
  #gate: Gate;
  readonly #dispatch: ReturnType<typeof createDispatch>;

  /** @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent */
  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.responder = createResponder({ ...parts, cors: parts.settings.api.cors });
    this.#gate = createGate(parts.settings.api);
    this.#dispatch = createDispatch(ROUTES, parts);
  }

  /**
   * Asks other credentials of callers and sends other headers to browsers from now on.
   * @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent; then all stays as it was
   */
  reload(api: Settings['api']): void {
    this.responder.reload(api.cors);
    this.#gate = createGate(api);
  }

  /** Lets a request in, or answers why not; false when it was answered. */
  enter(request: FastifyRequest, reply: FastifyReply): boolean {
    const { host, origin, authorization } = request.raw.headers;
    const refused = this.#gate({ method: request.method, host, origin, authorization, url: urlOf(request) });
    if (!refused) return true;
    this.#parts.counters.increment('api_refused');
    this.responder.send(request, reply, refused);
    return false;
  }

  /** Answers by the table of the 1.x API, in which every path that is not ours is looked up. */
  async dispatch(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { method, body } = request;
    try {
      const answer = await this.#dispatch({ method, url: urlOf(request), body });
      if (isList(answer)) await this.responder.sendList(request, reply, answer);
      else this.responder.send(request, reply, answer);
    } catch (error) {
      this.fail(error, request, reply);
    }
  }

  /** Answers a request that failed, and logs it unless that is the caller's fault. */
  fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const answer = answerTo(error, urlOf(request).startsWith(PREFIX));
    if (answer.status >= 500) {
      this.#parts.counters.increment('api_failed');
      const fields = { method: request.method, url: urlOf(request), error: errorText(error) };
      this.#parts.log.error('an API request failed', fields);
    }
    this.responder.send(request, reply, answer);
  }
}

function urlOf(request: FastifyRequest): string {
  return request.raw.url ?? '';
}

/** Nothing of a defect of ours is told; what the HTTP framework finds wrong with a request keeps its status. */
function answerTo(error: unknown, isV1: boolean): Answer {
  const known = isV1 ? v1AnswerToError(error) : answerToError(error);
  if (known) return known;
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return empty(500);
  return isV1 ? refusal(status, errorText(error)) : empty(status);
}
