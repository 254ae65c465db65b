import { type TSchema, Type } from 'typebox';
import { isAttributes } from '../../model/attributes.ts';
import { type Attributes, anyObject } from '../../model/schema.ts';
import { json } from '../answer.ts';
import type { V1Parts, V1Response, V1Route } from './route.ts';
import { ErrorSchema } from './shapes.ts';

/** Where the description of the API is found, below its prefix. */
export const OPENAPI_PATH = '/openapi.json';

const DescriptionSchema = Type.Object(
  {
    openapi: Type.String(),
    info: anyObject(),
    servers: Type.Array(anyObject()),
    paths: anyObject(),
    components: anyObject(),
  },
  { expected: 'an OpenAPI 3.1 document' },
);

/** What any route may answer beside its own answers. */
const SHARED: Readonly<Record<number, string>> = {
  400: 'The request does not fit.',
  401: 'A token, or a name and a password, are wanted.',
  403: 'The role of the caller is not enough, or a foreign Host or Origin.',
  429: 'Too many failed logins came from this address.',
  500: 'A defect; it is in the log. There is no body.',
};
const AWAY = 'The store is away: nothing can be changed now.';

const BEHIND = {
  description: 'Milliseconds that the answer is behind the store.',
  schema: { type: 'integer', minimum: 0 },
};

/** The route that describes the others and itself, made from the same schemas that requests are held to. */
export function openApi(routes: readonly V1Route[], parts: V1Parts): V1Route {
  let text: Attributes | undefined;
  const route: V1Route = {
    method: 'GET',
    path: OPENAPI_PATH,
    summary: 'This description',
    schema: {},
    responses: { 200: { description: 'An OpenAPI 3.1 document.', schema: DescriptionSchema } },
    handle: () => {
      text ??= describeRoutes([...routes, route], parts.version);
      return json(text);
    },
  };
  return route;
}

/** The OpenAPI 3.1 document of routes. (OpenAPI Specification 3.1.0.) */
export function describeRoutes(routes: readonly V1Route[], version: string): Attributes {
  const paths: Record<string, Attributes> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tocsin', version, summary: 'Clients, events, results, and what can be done about them' },
    servers: [{ url: '/api/v1' }],
    security: [{}, { basic: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: { Error: plain(ErrorSchema) },
      headers: { 'X-Behind-Ms': BEHIND },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationOf(route: V1Route): Attributes {
  const { params, querystring, body } = route.schema;
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(querystring, 'query')];
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[/:.-]+([a-z])/g, (_, letter) => letter.toUpperCase())}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { content: { 'application/json': { schema: plain(body) } } } } : {}),
    responses: responsesOf(route),
  };
}

function parametersOf(schema: TSchema | undefined, place: 'path' | 'query'): Attributes[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, TSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, member]) => {
    const { description, ...rest } = plain(member) as Attributes;
    return {
      ...{ name, in: place, required: place === 'path' || required.includes(name) },
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function responsesOf(route: V1Route): Attributes {
  const shared = route.writes ? { ...SHARED, 503: AWAY } : SHARED;
  const own = Object.entries(route.responses).map(([status, response]) => [status, responseOf(response)]);
  const others = Object.entries(shared)
    .filter(([status]) => !(status in route.responses))
    .map(([status, description]) => [status, sharedResponse(status, description)]);
  return Object.fromEntries([...own, ...others]) as Attributes;
}

function responseOf({ description, schema, type }: V1Response): Attributes {
  const headers = { 'X-Behind-Ms': { $ref: '#/components/headers/X-Behind-Ms' } };
  if (type) return { description, headers, content: { [type]: { schema: { type: 'string' } } } };
  return {
    ...{ description, headers },
    ...(schema ? { content: { 'application/json': { schema: plain(schema) } } } : {}),
  };
}

function sharedResponse(status: string, description: string): Attributes {
  if (status === '500') return { description };
  return {
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
}

/** A schema as JSON, with what people are told of it as its description. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (!isAttributes(schema)) return schema;
  const members = Object.entries(schema)
    .filter(([name]) => !name.startsWith('~'))
    .map(([name, value]) => {
      if (name === 'properties') return [name, plainMembers(value as Attributes)];
      return [name === 'expected' ? 'description' : name, plain(value)];
    });
  return Object.fromEntries(members) as Attributes;
}

/** The members of an object may be called like anything. */
function plainMembers(members: Attributes): Attributes {
  return Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, plain(schema)]));
}
