import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { TSchema } from 'typebox';
import type { Access, Identity } from '../../access/index.ts';
import type { Role } from '../../model/access.ts';
import type { Answer } from '../answer.ts';
import type { ApiLimits, ApiParts } from '../parts.ts';

/** A request that fits its route's schemas. */
export interface V1Request {
  params: unknown;
  query: unknown;
  /** The JSON object of the body; `{}` when there was none. */
  body: unknown;
  headers: IncomingHttpHeaders;
  /** Who asks; `who` of it is for records. */
  caller: Identity;
}

/** An answer, or a stream that goes on until somebody closes it: of events, unless its headers say otherwise. */
export type V1Answer =
  | Answer
  | { stream: (response: ServerResponse) => void; headers?: Readonly<Record<string, string>> };

/** What the handlers of this API are handed beside the request. */
export type V1Parts = ApiParts & { limits: ApiLimits; access: Access };

/** What a route may answer with one status. */
export interface V1Response {
  /** A sentence for people who read the description of the API. */
  description: string;
  /** The JSON document; missing: there is no body, or it is no JSON. */
  schema?: TSchema;
  /** Content type of a body that is no JSON. */
  type?: 'text/event-stream' | 'text/plain' | 'application/vnd.sqlite3';
}

/** One method of one path below `/api/v1`, with the schemas it is held to and described by. */
export interface V1Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** `/deliveries/:client/:check` */
  path: string;
  /** What it is for, in a few words. */
  summary: string;
  schema: { params?: TSchema; querystring?: TSchema; body?: TSchema };
  /** Status → what is answered; errors that every route shares are described once. */
  responses: Readonly<Record<number, V1Response>>;
  /** True: it changes the store, so it is refused while the store is away. */
  writes?: true;
  /** What a caller needs, where it is not `read` for GET and `operate` for the others. */
  role?: Role;
  /** False: what it takes are reports of programs, which are not recorded as changes by a caller. */
  audited?: false;
  handle(request: V1Request, parts: V1Parts): V1Answer | Promise<V1Answer>;
}
