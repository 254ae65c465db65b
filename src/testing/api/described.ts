import { Check } from 'typebox/schema';
import type { Attributes } from '../../model/schema.ts';

/** An answer of `/api/v1` that was held to the API's own description. */
export interface DescribedAnswer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** Calls a path below `/api/v1`; throws when the answer is not what the description of the API says. */
export type DescribedCall = (method: string, path: string, body?: unknown) => Promise<DescribedAnswer>;

interface Description {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: Attributes }> }> }>
  >;
  components: { schemas: Record<string, Attributes> };
}

/** Reads the description from an API that runs, and holds every answer to it. */
export async function describedCalls(
  url: string,
  headers: Record<string, string> = {},
): Promise<DescribedCall> {
  const read = await fetch(`${url}/api/v1/openapi.json`, { headers });
  const description = (await read.json()) as Description;
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answered = text === '' ? undefined : JSON.parse(text);
    hold(description, `${method} ${path.split('?')[0]}`, response.status, answered);
    return { status: response.status, body: answered, headers: response.headers };
  };
}

function hold(description: Description, call: string, status: number, body: unknown): void {
  const [method = '', path = ''] = call.split(' ');
  const found = Object.keys(description.paths)
    .sort((left, right) => left.split('{').length - right.split('{').length)
    .find((known) => new RegExp(`^${known.replace(/\{[a-z]+\}/g, '[^/]+')}$`).test(path));
  const operation = description.paths[found ?? '']?.[method.toLowerCase()];
  const response = operation?.responses[String(status)];
  if (!response) throw new Error(`${call} answered ${status}, which is not described`);
  const schema = response.content?.['application/json']?.schema;
  if ((schema === undefined) !== (body === undefined))
    throw new Error(`${call} ${status}: a body is described, or there is one`);
  const reference = schema?.['$ref'];
  const resolved =
    typeof reference === 'string'
      ? description.components.schemas[reference.split('/').at(-1) ?? '']
      : schema;
  if (resolved && !Check(resolved, body)) {
    throw new Error(
      `${call} ${status} answered what is not described: ${JSON.stringify(body).slice(0, 500)}`,
    );
  }
}
