import { type Static, Type } from 'typebox';
import { createAgentToken, MOST_PATTERNS, MOST_USES, NAME_GLOB, type NewToken } from '../../access/index.ts';
import { ROLES, type Token } from '../../model/access.ts';
import { type Answer, empty, json } from '../answer.ts';
import type { V1Route } from './route.ts';
import { ErrorSchema, nullable, open } from './shapes.ts';

const role = () => Type.Enum([...ROLES], { expected: 'one of read, operate, admin' });
const tokenName = () =>
  Type.String({
    pattern: '^[\\w .:@/-]{1,100}$',
    expected: 'a text of at most 100 letters, digits, spaces and . : @ / _ -',
  });
const NAMES = 'a name of letters, digits, "_", "." and "-", in which "*" stands for any part';
const patterns = () =>
  Type.Array(Type.String({ pattern: NAME_GLOB, expected: NAMES }), {
    maxItems: MOST_PATTERNS,
    expected: `at most ${MOST_PATTERNS} names, in which "*" stands for any part`,
  });
/** A hundred years at most: beyond it nobody means it. */
const expiry = () =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3_155_760_000, expected: 'a number of seconds above 0' }),
  );

const ParamsSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{12}$', expected: 'the id of a token' }),
});
const NewApiTokenSchema = Type.Object({ name: tokenName(), role: role(), expires_seconds: expiry() });
const NewAgentTokenSchema = Type.Object({
  name: Type.Optional(tokenName()),
  clients: Type.Optional(patterns()),
  sources: Type.Optional(patterns()),
  uses: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1, maximum: MOST_USES }), Type.Null()], {
      expected: `how many clients may use it, from 1 to ${MOST_USES}, or null for all that fit "clients"`,
    }),
  ),
  expires_seconds: expiry(),
});

const unixSeconds = (expected: string) => nullable(Type.Number(), expected);
const TOKEN = {
  id: Type.String(),
  kind: Type.Enum(['api', 'agent'], { expected: 'api or agent' }),
  name: Type.String(),
  created_at: Type.Number(),
  created_by: nullable(Type.String(), 'who made it, or null when nobody had to say who it is'),
  expires_at: unixSeconds('Unix seconds from which it counts no more, or null'),
  revoked_at: unixSeconds('Unix seconds when it was taken back, or null'),
  revoked_by: nullable(Type.String(), 'who took it back, or null'),
  last_used_at: unixSeconds('Unix seconds of its last use, to about a minute, or null'),
};
const ABOUT =
  'a token: "role" of one for the API; "clients", "sources", "uses" and "used_by" of one for agents';
const TokenSchema = open(TOKEN, ABOUT);
const NewTokenSchema = open(
  { ...TOKEN, token: Type.String({ expected: 'the secret, shown this once' }) },
  ABOUT,
);
const MADE = { description: 'The token with its secret, which is shown this once.', schema: NewTokenSchema };
const LOCKOUT = { description: 'Too many, or nobody could administrate any more.', schema: ErrorSchema };

const list: V1Route = {
  method: 'GET',
  path: '/tokens',
  summary: 'Tokens of programs and of agents, without their secrets',
  schema: {},
  responses: {
    200: {
      description: 'All tokens.',
      schema: Type.Object({ items: Type.Array(TokenSchema, { expected: 'tokens, newest first' }) }),
    },
  },
  role: 'admin',
  handle: (_request, { access }) => {
    const tokens = [...access.keyring.tokens.values()];
    return json({
      items: tokens.sort((left, right) => right.createdAtMs - left.createdAtMs).map(tokenDocument),
    });
  },
};

const addApi: V1Route = {
  method: 'POST',
  path: '/tokens',
  summary: 'Make a token with which a program uses the API',
  schema: { body: NewApiTokenSchema },
  responses: { 201: MADE, 409: LOCKOUT },
  role: 'admin',
  writes: true,
  handle: async ({ body, caller }, { access }) => {
    const { name, role, expires_seconds } = body as Static<typeof NewApiTokenSchema>;
    return made(
      await access.tokens.addApi({ name, role, lastsMs: milliseconds(expires_seconds) }, caller.who),
    );
  },
};

const addAgent: V1Route = {
  method: 'POST',
  path: '/agents/tokens',
  summary: 'Make a token with which agents connect',
  schema: { body: NewAgentTokenSchema },
  responses: { 201: MADE, 409: LOCKOUT },
  role: 'admin',
  writes: true,
  handle: async ({ body, caller }, { access }) => {
    const wish = body as Static<typeof NewAgentTokenSchema>;
    const { clients, sources, uses, expires_seconds } = wish;
    const name = wish.name ?? (clients?.join(' ').slice(0, 100) || 'agent');
    const lastsMs = milliseconds(expires_seconds);
    return made(await createAgentToken(access, { name, clients, sources, uses, lastsMs }, caller.who));
  },
};

const revoke: V1Route = {
  method: 'DELETE',
  path: '/tokens/:id',
  summary: 'Take a token back, for good; agents that use it are cut off',
  schema: { params: ParamsSchema },
  responses: {
    204: { description: 'It counts no more.' },
    404: { description: 'There is no such token.', schema: ErrorSchema },
    409: LOCKOUT,
  },
  role: 'admin',
  writes: true,
  handle: async ({ params, caller }, { access }) => {
    await access.tokens.revoke((params as Static<typeof ParamsSchema>).id, caller.who);
    return empty(204);
  },
};

/** Tokens of programs and of agents. */
export const tokenRoutes: readonly V1Route[] = [list, addApi, addAgent, revoke];

function made({ token, secret }: NewToken<Token>): Answer {
  const headers = { 'Cache-Control': 'no-store' };
  return { ...json({ ...tokenDocument(token), token: secret }, 201), headers };
}

function tokenDocument(token: Token) {
  const common = {
    ...{ id: token.id, kind: token.kind, name: token.name, created_at: seconds(token.createdAtMs) },
    ...{ created_by: token.createdBy, expires_at: seconds(token.expiresAtMs) },
    ...{ revoked_at: seconds(token.revoked?.atMs ?? null), revoked_by: token.revoked?.by ?? null },
    last_used_at: seconds(token.lastUsedAtMs),
  };
  if (token.kind === 'api') return { ...common, role: token.role };
  const { clients, sources, uses, usedBy } = token;
  return { ...common, clients, sources, uses, used_by: usedBy };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000);
}
