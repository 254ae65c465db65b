import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { TSchema } from 'typebox';
import type { Answer } from '../answer.ts';
import type { ApiLimits, ApiParts } from '../parts.ts';

/** A request that fits its route's schemas. */
export interface V1Request {
  params: unknown;
  query: unknown;
  /** The JSON object of the body; `{}` when there was none. */
  body: unknown;
  headers: IncomingHttpHeaders;
}

/** An answer, or a stream that goes on until somebody closes it. */
export type V1Answer = Answer | { stream: (response: ServerResponse) => void };

/** One method of one path below `/api/v1`, with the schemas it is held to and described by. */
export interface V1Route {
  method: 'GET' | 'POST';
  /** `/deliveries/:client/:check` */
  path: string;
  schema: { params?: TSchema; querystring?: TSchema; body?: TSchema };
  handle(request: V1Request, parts: ApiParts & { limits: ApiLimits }): V1Answer | Promise<V1Answer>;
}
