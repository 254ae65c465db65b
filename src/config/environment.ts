import type { Attributes } from '../model/schema.ts';
import { parseSource, type Source } from './source.ts';

/** Variables of a process's environment; those that are empty count as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variable → the part of the configuration that its text stands for. (Sensu Core 1.9 documentation, "Environment".) */
const VARIABLES: Readonly<Record<string, (text: string) => Attributes>> = {
  SENSU_TRANSPORT_NAME: (text) => ({ transport: { name: text } }),
  RABBITMQ_URL: (text) => ({ rabbitmq: text }),
  REDIS_URL: (text) => ({ redis: text }),
  REDIS_SENTINEL_URLS: (text) => ({ redis: { sentinels: text } }),
  SENSU_CLIENT_NAME: (text) => ({ client: { name: text } }),
  SENSU_CLIENT_ADDRESS: (text) => ({ client: { address: text } }),
  SENSU_CLIENT_SUBSCRIPTIONS: (text) => ({ client: { subscriptions: listOf(text) } }),
  // What is no number stays as it is, for validation to tell.
  SENSU_API_PORT: (text) => ({ api: { port: /^\d{1,9}$/.test(text.trim()) ? Number(text) : text } }),
};

/** Names of the variables that are read. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(VARIABLES);

/**
 * What the environment says, as sources that come before every file: a file's scalar counts instead, and its
 * subscriptions are added. Where sentinels of Redis are named, `REDIS_URL` is not looked at.
 */
export function environmentSources(environment: Environment): Source[] {
  return VARIABLE_NAMES.flatMap((variable) => {
    const text = environment[variable];
    const build = VARIABLES[variable];
    if (!text || !build) return [];
    if (variable === 'REDIS_URL' && environment['REDIS_SENTINEL_URLS']) return [];
    const { source } = parseSource(variable, JSON.stringify(build(text)));
    return source ? [{ ...source, variable }] : [];
  });
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
