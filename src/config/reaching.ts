import { isAbsolute, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { isAttributes } from '../model/attributes.ts';
import { problemAt } from '../model/problems.ts';
import { filledText, name, positive } from '../model/schema.ts';
import { CANARY_SECONDS, CLIENT_LIMITS, SPOOL_BYTES } from './defaults.ts';
import type { Rule } from './definition.ts';
import type { Settings } from './settings.ts';

const closed = { additionalProperties: false, expected: 'an object' };
const file = () => filledText('a path to a PEM file');

/** The members of `tocsin` that say how agents and servers find, trust and bound each other. */
export const REACHING = {
  server: Type.Optional(Type.Object({ name: Type.Optional(name()) }, closed)),
  tls: Type.Optional(
    Type.Object(
      {
        certificate: file(),
        key: file(),
        authority: Type.Optional(file()),
        client_certificates: Type.Optional(
          Type.Union([Type.Literal('off'), Type.Literal('agents'), Type.Literal('everyone')], {
            expected: '"off", "agents" or "everyone"',
          }),
        ),
      },
      closed,
    ),
  ),
  agent: Type.Optional(
    Type.Object(
      {
        servers: Type.Optional(
          Type.Array(Type.String({ pattern: '^wss?://[^/?#@\\s]+/?$' }), {
            expected: 'an array of addresses like "wss://monitoring:4567"',
          }),
        ),
        token: Type.Optional(filledText('the secret that "tocsin join" printed')),
        authority: Type.Optional(file()),
        certificate: Type.Optional(file()),
        key: Type.Optional(file()),
        spool: Type.Optional(
          Type.Object({ bytes: Type.Optional(positive('a whole number of bytes above 0')) }, closed),
        ),
      },
      closed,
    ),
  ),
  limits: Type.Optional(
    Type.Object(
      {
        results_per_second: Type.Optional(positive()),
        bytes_per_second: Type.Optional(positive('a whole number of bytes above 0')),
        message_bytes: Type.Optional(positive('a whole number of bytes above 0')),
        checks: Type.Optional(positive()),
      },
      closed,
    ),
  ),
  blindness: Type.Optional(
    Type.Object(
      {
        canary: Type.Optional(Type.Number({ minimum: 0, expected: 'a number of seconds, 0 for never' })),
        heartbeat_url: Type.Optional(
          Type.String({ pattern: '^https?://[^\\s]+$', expected: 'an address like "https://…"' }),
        ),
      },
      closed,
    ),
  ),
};

const ReachingSchema = Type.Object(REACHING);

/** A certificate is of no use without its key, and who demands certificates must know who signs them. */
export const tlsBelongsTogether: Rule = ({ tls, agent }, at) => {
  if (isAttributes(agent) && (agent.certificate === undefined) !== (agent.key === undefined))
    return problemAt([...at, 'agent'], 'both "certificate" and "key", or neither', agent);
  if (!isAttributes(tls)) return undefined;
  const demanded = (tls.client_certificates ?? 'off') !== 'off';
  if (demanded && tls.authority === undefined)
    return problemAt(
      [...at, 'tls', 'authority'],
      'a path to a PEM file: client certificates are demanded',
      undefined,
    );
  return undefined;
};

/** What stands in these members, complete. Paths that are not absolute count from where the process was started. */
export function reachingOf(
  tocsin: Static<typeof ReachingSchema>,
  serverName: string,
): Pick<Settings, 'server' | 'tls' | 'agent' | 'limits' | 'blindness'> {
  const { server, tls, agent = {}, limits: given = {}, blindness = {} } = tocsin;
  const limits = { ...CLIENT_LIMITS, ...given };
  return {
    server: { name: server?.name ?? serverName },
    tls: tls && {
      certificate: absolute(tls.certificate),
      key: absolute(tls.key),
      authority: tls.authority === undefined ? undefined : absolute(tls.authority),
      clientCertificates: tls.client_certificates ?? 'off',
    },
    agent: {
      servers: agent.servers ?? [],
      token: agent.token,
      authority: agent.authority === undefined ? undefined : absolute(agent.authority),
      certificate: agent.certificate === undefined ? undefined : absolute(agent.certificate),
      key: agent.key === undefined ? undefined : absolute(agent.key),
      spoolBytes: agent.spool?.bytes ?? SPOOL_BYTES,
    },
    limits: {
      resultsPerSecond: limits.results_per_second,
      bytesPerSecond: limits.bytes_per_second,
      messageBytes: limits.message_bytes,
      checks: limits.checks,
    },
    blindness: {
      canaryMs: (blindness.canary ?? CANARY_SECONDS) * 1000,
      heartbeatUrl: blindness.heartbeat_url,
    },
  };
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}
