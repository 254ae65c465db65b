import type { Access } from '../../access/index.ts';
import type { VisibleViews } from '../../state/without-self.ts';
import type { Answer } from '../answer.ts';
import type { ApiLimits, ApiParts } from '../parts.ts';
import type { Texts } from '../texts.ts';
import type { Query } from './query.ts';

/** What endpoints are handed beside the request. What servers report about themselves is not among the views. */
export type EndpointParts = Omit<ApiParts, 'views'> & {
  views: VisibleViews;
  access: Access;
  limits: ApiLimits;
  texts: Texts;
};

/** A request as an endpoint sees it. */
export interface EndpointRequest {
  /** What stands in the path where the route names a part of it; each fits its pattern. */
  params: Readonly<Record<string, string>>;
  query: Query;
  /** The bytes of the body, if there is one; see `readObject`. */
  body: unknown;
}

export type Endpoint = (request: EndpointRequest, parts: EndpointParts) => Answer | Promise<Answer>;

export type Method = 'GET' | 'POST' | 'DELETE';

/** One path with what may be done there. HEAD follows from GET; OPTIONS, 404 and 405 from the table. */
export interface Route {
  /**
   * `/results/:client/:check`: a segment behind `:` is a name (`isName`), compared as it was written.
   * `/stashes/*path`: whatever is left behind `*`, slashes and all, decoded.
   */
  path: string;
  /** Segments that are no plain names, by what the path calls them. */
  patterns?: Readonly<Record<string, RegExp>>;
  methods: Readonly<Partial<Record<Method, Endpoint>>>;
  /** Most bytes of a body, where it is more than usual. */
  bodyLimitBytes?: number;
  /** False: what is posted are reports of programs, which are not recorded as changes by a caller. */
  audited?: false;
}
