import { isAttributes, type Step } from '../model/attributes.ts';
import { type Client, ClientSchema } from '../model/client.ts';
import { withoutRepeats } from '../model/merge.ts';
import { problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import { judge, type Rule, type Validation } from './definition.ts';

/** What the machine knows of itself. */
export interface ClientDefaults {
  hostname: string;
  address: string;
}

const SOCKET_DEFAULTS: Readonly<Record<string, Attributes>> = {
  socket: { bind: '127.0.0.1', port: 3030 },
  http_socket: { bind: '127.0.0.1', port: 3031 },
};

/** Validates the section `client` and completes it: name, address, its own subscription, ports of its sockets. */
export function clientOf(validation: Validation, defaults: ClientDefaults): Client | undefined {
  const section = validation.document.client ?? {};
  const complete = isAttributes(section) ? completeClient(section, defaults) : section;
  return judge(validation, ['client'], complete, ClientSchema, { rules: [bothCredentials] }) as
    | Client
    | undefined;
}

function completeClient(section: Attributes, defaults: ClientDefaults): Attributes {
  const client: Attributes = {
    ...section,
    name: section.name ?? defaults.hostname,
    address: section.address ?? defaults.address,
  };
  const own = `client:${String(client.name)}`;
  const subscriptions = client.subscriptions ?? [];
  // Of another type it is left alone, for validation to tell.
  if (Array.isArray(subscriptions)) client.subscriptions = withoutRepeats([...subscriptions, own]);
  for (const [name, ports] of Object.entries(SOCKET_DEFAULTS)) {
    const socket = client[name];
    if (isAttributes(socket)) client[name] = { ...ports, ...socket };
  }
  return client;
}

const bothCredentials: Rule = (client, at) =>
  isAttributes(client.http_socket) ? credentialsOf(client.http_socket, [...at, 'http_socket']) : undefined;

/** The problem of a user without a password, or the reverse. */
export function credentialsOf(section: Attributes, at: readonly Step[]): ReturnType<Rule> {
  const unset = ['user', 'password'].filter((name) => section[name] === undefined || section[name] === null);
  const [missing] = unset;
  if (unset.length !== 1 || !missing) return undefined;
  return problemAt([...at, missing], 'a string: "user" and "password" go together', undefined);
}
