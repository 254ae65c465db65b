import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../access/index.ts';
import type { Settings } from '../config/settings.ts';
import type { Role } from '../model/access.ts';
import { errorText } from '../runtime/errors.ts';
import { type Answer, empty, isList, refusal } from './answer.ts';
import { changeOf, mayChange } from './changes.ts';
import { createGate, type Entry, type Gate } from './gate.ts';
import { LongAnswers } from './long-answers.ts';
import { createResponder, type Responder } from './respond.ts';
import { answerToError, createDispatch, type DispatchParts, ROUTES } from './sensu/index.ts';
import { PREFIX, v1AnswerToError } from './v1/index.ts';

/** One request and its answer, from the gate to the books: all endpoints of both APIs go through here. */
export class Exchange {
  readonly responder: Responder;
  readonly #parts: DispatchParts;
  #gate: Gate;
  readonly #dispatch: ReturnType<typeof createDispatch>;
  readonly #callers = new WeakMap<FastifyRequest, Identity>();
  readonly #longAnswers: LongAnswers;

  /** @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent */
  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.responder = createResponder({ ...parts, cors: parts.settings.api.cors });
    this.#gate = createGate(parts.settings.api, parts.access.logins);
    this.#longAnswers = new LongAnswers(parts.clock);
    this.#dispatch = createDispatch(ROUTES, parts);
  }

  /**
   * Asks other credentials of callers and sends other headers to browsers from now on.
   * @throws TocsinError CONFIG_INVALID when `api.cors` cannot be sent; then all stays as it was
   */
  reload(api: Settings['api']): void {
    this.responder.reload(api.cors);
    this.#gate = createGate(api, this.#parts.access.logins);
  }

  /** Lets a request in, or answers why not; false when it was answered. */
  enter(request: FastifyRequest, reply: FastifyReply): boolean | Promise<boolean> {
    const { method } = request;
    const { host, origin, authorization } = request.raw.headers;
    const address = request.raw.socket.remoteAddress;
    const { role } = (request.routeOptions?.config ?? {}) as { role?: Role };
    const entry = this.#gate({ method, host, origin, authorization, url: urlOf(request), address, role });
    if (entry instanceof Promise) return entry.then((judged) => this.#judged(judged, request, reply));
    return this.#judged(entry, request, reply);
  }

  /** Who sent a request that was let in. */
  callerOf(request: FastifyRequest): Identity {
    return this.#callers.get(request) ?? NOBODY;
  }

  /** Writes down what a request has changed; resolves when that is done, or cannot be. */
  async record(request: FastifyRequest, answer: Answer): Promise<void> {
    const { method, body } = request;
    const change = changeOf({ method, url: urlOf(request), body }, answer);
    if (!change) return;
    const { who, how } = this.callerOf(request);
    const address = request.raw.socket.remoteAddress ?? null;
    await this.#parts.access.audit.record({ who, how, address, ...change });
  }

  /** Ends an answer that goes on when its reader has lost the right to it. */
  endWithRight(response: ServerResponse, request: FastifyRequest): void {
    this.#longAnswers.add(response, this.callerOf(request));
  }

  /** Answers by the table of the 1.x API, in which every path that is not ours is looked up. */
  async dispatch(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { method, body } = request;
    try {
      const answer = await this.#dispatch({ method, url: urlOf(request), body });
      if (mayChange(method)) await this.record(request, answer);
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
    if (answer.status >= 500) void this.record(request, answer);
    this.responder.send(request, reply, answer);
  }

  #judged(entry: Entry, request: FastifyRequest, reply: FastifyReply): boolean {
    if (entry.identity) this.#callers.set(request, entry.identity);
    if (!('refused' in entry)) return true;
    this.#parts.counters.increment('api_refused');
    if (entry.identity) this.#recordForbidden(request, entry.identity);
    this.responder.send(request, reply, entry.refused);
    return false;
  }

  #recordForbidden(request: FastifyRequest, { who, how, role }: Identity): void {
    const what = `${request.method} ${urlOf(request).split('?', 1)[0]}`;
    const address = request.raw.socket.remoteAddress ?? null;
    const result = `refused: the role "${role}" is not enough`;
    this.#parts.access.audit.recordSeldom(who ?? '', `forbidden ${what}`, {
      ...{ who, how, address, what, target: '', result },
    });
  }
}

/** Of requests that nobody was asked about. */
const NOBODY: Identity = { who: null, how: 'none', role: 'read', counts: () => true };

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
