import { type Static, Type } from 'typebox';
import type { Handler } from '../../model/handler.ts';
import { DEFAULT_REDACT, redact } from '../../model/redact.ts';
import { timestamp } from '../../model/schema.ts';
import { REMOVALS } from '../../state/removal.ts';
import { type SearchIndex, Silencing } from '../../state/search/index.ts';
import { liveSilences, silenceDocument } from '../../state/silences.ts';
import { json } from '../answer.ts';
import type { V1Parts, V1Route } from './route.ts';
import { digits, nullable, open } from './shapes.ts';

const itemsOf = (item: ReturnType<typeof open>, expected: string) =>
  Type.Object({ items: Type.Array(item, { expected }) });

const CheckSchema = open({ name: Type.String() }, 'a check as configured, without secrets');
const SkippedSchema = Type.Object({
  name: Type.String(),
  problems: Type.Array(
    open({ path: Type.String(), expected: Type.String(), found: Type.String() }, 'a mistake'),
  ),
});

/** The checks as configured, and those that were left out because of mistakes in them. */
export const checks: V1Route = {
  method: 'GET',
  path: '/checks',
  summary: 'Checks as configured',
  schema: {},
  responses: {
    200: {
      description: 'All checks, and the ones that were left out because they are invalid.',
      schema: Type.Object({
        items: Type.Array(CheckSchema, { expected: 'checks by name' }),
        skipped: Type.Array(SkippedSchema, { expected: 'checks that are not in force' }),
      }),
    },
  },
  handle: (_request, { settings }) => {
    const items = [...settings.checks.values()].sort(byName).map((check) => redact(check, DEFAULT_REDACT));
    const skipped = Array.from(settings.skippedChecks, ([name, problems]) => ({ name, problems }));
    return json({ items, skipped: skipped.sort(byName) });
  },
};

const HandlerSchema = open(
  { name: Type.String(), type: Type.String({ expected: 'how it is told' }) },
  'a handler: what it is and what it is told of, nothing of how it gets there',
);
const SHOWN = [
  'filter',
  'filters',
  'severities',
  'mutator',
  'handle_silenced',
  'handle_flapping',
  'handlers',
] as const;

/** The handlers as configured, without commands, addresses and options, in which secrets stand. */
export const handlers: V1Route = {
  method: 'GET',
  path: '/handlers',
  summary: 'Handlers as configured, without secrets',
  schema: {},
  responses: { 200: { description: 'All handlers.', schema: itemsOf(HandlerSchema, 'handlers by name') } },
  handle: (_request, { settings }) =>
    json({ items: [...settings.handlers.values()].sort(byName).map(handlerItem) }),
};

function handlerItem(handler: Handler) {
  const members = SHOWN.filter((name) => handler[name] !== undefined).map((name) => [name, handler[name]]);
  return { name: handler.name, type: handler.type, ...(Object.fromEntries(members) as object) };
}

const SilenceSchema = open(
  {
    id: Type.String(),
    subscription: nullable(Type.String(), 'a subscription, or null for all'),
    check: nullable(Type.String(), 'a check, or null for all'),
    reason: nullable(Type.String(), 'why, or null'),
    creator: nullable(Type.String(), 'who, or null'),
    begin: nullable(timestamp(), 'Unix seconds from which it counts, or null'),
    expire_on_resolve: Type.Boolean(),
    timestamp: timestamp(),
    expire: Type.Number({ expected: 'seconds left, -1 when it does not end by itself' }),
    hides: Type.Integer({ expected: 'how many open events it hides now' }),
  },
  'a silence',
);

/** The silences that have not ended, with how many open events each hides. */
export function silences({ turns }: SearchIndex): V1Route {
  return {
    method: 'GET',
    path: '/silences',
    summary: 'Silences, and how many events each hides',
    schema: {},
    responses: { 200: { description: 'All silences.', schema: itemsOf(SilenceSchema, 'silences by id') } },
    handle: async (_request, parts) => {
      const nowMs = parts.clock.now();
      const hidden = await hiddenBy(parts, turns, nowMs);
      const items = Array.from(liveSilences(parts.views, nowMs), (state) => ({
        ...silenceDocument(state, nowMs),
        hides: hidden.get(state.silence.id) ?? 0,
      }));
      return json({ items: items.sort((left, right) => (left.id < right.id ? -1 : 1)) });
    },
  };
}

/** Id of each silence that hides something → how many open events. In slices: there may be many events. */
async function hiddenBy(
  { views }: V1Parts,
  turns: SearchIndex['turns'],
  nowMs: number,
): Promise<Map<string, number>> {
  const silencing = new Silencing(views.silences(), nowMs);
  const hidden = new Map<string, number>();
  if (silencing.isEmpty) return hidden;
  const stretch = turns.stretch();
  for (const { client, check } of views.events()) {
    if (stretch.isOver()) await stretch.next();
    for (const id of silencing.of(client, check.name)) hidden.set(id, (hidden.get(id) ?? 0) + 1);
  }
  return hidden;
}

const RemovalsQuerySchema = Type.Object({
  limit: Type.Optional(digits('a number from 1 to 1000')),
  before: Type.Optional(digits('the "next" of the page before')),
});
const RemovalSchema = open(
  {
    sequence: Type.Integer(),
    timestamp: timestamp(),
    client: Type.String(),
    check: nullable(Type.String(), 'the check that was forgotten, or null for the whole client'),
    reason: Type.String({ expected: 'asked, silent or expired' }),
    why: Type.String(),
    events: Type.Integer(),
    results: Type.Integer(),
  },
  'what was forgotten, and why',
);

/** What was forgotten, and why, newest first. */
export const removals: V1Route = {
  method: 'GET',
  path: '/removals',
  summary: 'Clients and results that were forgotten, and why',
  schema: { querystring: RemovalsQuerySchema },
  responses: {
    200: {
      description: 'A page of the log, newest first.',
      schema: Type.Object({
        items: Type.Array(RemovalSchema, { expected: 'removals, newest first' }),
        next: nullable(Type.Integer(), '"before" of the next page, or null on the last one'),
      }),
    },
  },
  handle: async ({ query }, { registry }) => {
    const { limit: wanted = '100', before } = query as Static<typeof RemovalsQuerySchema>;
    const limit = Math.min(Math.max(Number(wanted), 1), 1000);
    const options = before === undefined ? { limit } : { limit, before: Number(before) };
    const entries = await registry.log('removals', REMOVALS, REMOVALS, options);
    const items = entries.map(({ sequence, entry }) => ({ sequence, ...entry }));
    return json({ items, next: items.length === limit ? (items.at(-1)?.sequence ?? null) : null });
  },
};

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : 1;
}
