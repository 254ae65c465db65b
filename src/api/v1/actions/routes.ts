import { type Static, Type } from 'typebox';
import { type SearchIndex, SUBJECTS, type Subject } from '../../../state/search/index.ts';
import { type Answer, empty, json, refusal } from '../../answer.ts';
import type { V1Parts, V1Request, V1Route } from '../route.ts';
import { mistaken } from '../search.ts';
import { ErrorSchema, MistakeSchema, nullable, open } from '../shapes.ts';
import { type ActionBook, SAMPLE } from './book.ts';
import { deedOf } from './deeds.ts';
import { targetsOf } from './targets.ts';
import { type ActionSubject, SUITS, type Wish, WishSchema } from './wish.ts';

const USUAL_HOLD_SECONDS = 10;
/** Most things that one action may hit. */
const MOST_NAMES = 100_000;

const ParamsSchema = Type.Object({ id: Type.String({ maxLength: 100, expected: 'the id of an action' }) });

const ActionSchema = open(
  {
    id: Type.String(),
    action: Type.String(),
    subject: Type.String(),
    state: Type.Enum(['waiting', 'running', 'done', 'cancelled', 'failed'], {
      expected: 'waiting, running, done, cancelled or failed',
    }),
    by: nullable(Type.String(), 'the user who asked, or null'),
    count: Type.Integer({ expected: 'how many things it hits' }),
    sample: Type.Array(Type.String(), { expected: 'the first of their names' }),
    requested_at: Type.Number(),
    runs_at: Type.Number({ expected: 'Unix seconds at which it begins; until then it can be cancelled' }),
    ended_at: nullable(Type.Number(), 'Unix seconds at which it ended, or null'),
    progress: Type.Object({ done: Type.Integer(), skipped: Type.Integer(), failed: Type.Integer() }),
    errors: Type.Array(Type.Object({ name: Type.String(), error: Type.String() }), {
      expected: 'the first things that failed, and why',
    }),
    why: nullable(Type.String(), 'why it ended before its end, or null'),
  },
  'a bulk action',
);
const PreviewSchema = Type.Object(
  {
    action: Type.String(),
    subject: Type.String(),
    count: Type.Integer({ expected: 'how many things it would hit' }),
    sample: Type.Array(Type.String(), { expected: 'the first of their names' }),
    unknown: Type.Array(Type.String(), { expected: 'the first of the names given that nothing has' }),
  },
  { expected: 'what an action would hit' },
);

/** Asking for, watching and cancelling bulk actions. */
export function actionRoutes(book: ActionBook, index: SearchIndex): V1Route[] {
  return [ask(book, index), list(book), show(book), cancel(book)];
}

function ask(book: ActionBook, index: SearchIndex): V1Route {
  return {
    method: 'POST',
    path: '/actions',
    summary: 'Do something to many things; it is held for ten seconds in which it can be cancelled',
    schema: { body: WishSchema },
    responses: {
      200: { description: 'With "dry_run": what it would hit. Nothing happens.', schema: PreviewSchema },
      202: { description: 'The action, held until "runs_at".', schema: ActionSchema },
      400: {
        description: 'A mistake in the search, with its place, or in another member.',
        schema: MistakeSchema,
      },
      409: { description: 'It would hit nothing.', schema: ErrorSchema },
      429: { description: 'Too much waits or runs.', schema: ErrorSchema },
    },
    writes: true,
    handle: (request, parts) => answerWish(request, parts, book, index),
  };
}

async function answerWish(
  { body, caller }: V1Request,
  parts: V1Parts,
  book: ActionBook,
  index: SearchIndex,
): Promise<Answer> {
  const wish = body as Wish;
  const { action, parameters = {}, dry_run = false, hold_seconds = USUAL_HOLD_SECONDS } = wish;
  const subject = wish.subject ?? (SUITS[action][0] as ActionSubject);
  if (!SUITS[action].includes(subject)) {
    return refusal(400, `"${action}" is for ${SUITS[action].join(', ')}, not for ${subject}.`);
  }
  const names = await namesOf(wish, subject, index);
  if ('status' in names) return names;
  const { known, unknown } = targetsOf(parts, action, subject, names.names);
  const preview = { action, subject, count: known.length, sample: known.slice(0, SAMPLE) };
  if (dry_run) return json({ ...preview, unknown: unknown.slice(0, SAMPLE) });
  if (known.length === 0) return refusal(409, 'There is nothing that this would hit.');
  if (!book.hasRoom(known.length)) return refusal(429, 'Too many actions wait or run; try again later.');
  const by = caller.who;
  const deed = deedOf(action, parts, { subject, parameters, by });
  const held = book.hold({ action, subject, parameters, names: known, by }, deed, hold_seconds * 1000);
  return json(held, 202);
}

/** The names given, or those that the search finds now. */
async function namesOf(
  { q, names }: Wish,
  subject: ActionSubject,
  { searcher }: SearchIndex,
): Promise<{ names: readonly string[] } | Answer> {
  if ((q === undefined) === (names === undefined)) return refusal(400, 'Give either "q" or "names".');
  if (names !== undefined) return { names };
  if (!isSearched(subject)) return refusal(400, `${subject} cannot be searched; give "names".`);
  const found = await searcher.names(subject, q ?? '', MOST_NAMES);
  return found.mistake ? mistaken(found.mistake) : { names: found.value };
}

function isSearched(subject: ActionSubject): subject is Subject {
  return (SUBJECTS as readonly string[]).includes(subject);
}

function list(book: ActionBook): V1Route {
  const schema = Type.Object({ items: Type.Array(ActionSchema, { expected: 'actions, newest first' }) });
  return {
    method: 'GET',
    path: '/actions',
    summary: 'Bulk actions that wait or run, and the last that ended',
    schema: {},
    responses: { 200: { description: 'Actions of this process, newest first.', schema } },
    handle: () => json({ items: book.all() }),
  };
}

function show(book: ActionBook): V1Route {
  return {
    method: 'GET',
    path: '/actions/:id',
    summary: 'One bulk action',
    schema: { params: ParamsSchema },
    responses: {
      200: { description: 'The action.', schema: ActionSchema },
      404: { description: 'There is none, or it ended long ago.', schema: ErrorSchema },
    },
    handle: ({ params }) => {
      const found = book.find((params as Static<typeof ParamsSchema>).id);
      return found ? json(found) : refusal(404, 'There is no such action.');
    },
  };
}

/** Possible while the store is away: what is held has not touched it yet. */
function cancel(book: ActionBook): V1Route {
  return {
    method: 'DELETE',
    path: '/actions/:id',
    summary: 'Cancel a bulk action that is held',
    schema: { params: ParamsSchema },
    responses: {
      204: { description: 'It is cancelled: nothing happened.' },
      404: { description: 'There is none, or it ended long ago.', schema: ErrorSchema },
      409: { description: 'It runs already, or it has ended.', schema: ErrorSchema },
    },
    handle: ({ params, caller }) => {
      const { id } = params as Static<typeof ParamsSchema>;
      const cancelled = book.cancel(id, caller.who);
      if (cancelled === undefined) return refusal(404, 'There is no such action.');
      return cancelled ? empty(204) : refusal(409, 'It is too late to cancel this action.');
    },
  };
}
