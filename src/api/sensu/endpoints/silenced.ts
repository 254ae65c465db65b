import { NAME_LENGTH, NAME_PATTERN } from '../../../model/names.ts';
import { hasEnded, type SilenceState } from '../../../state/documents.ts';
import {
  clearSilence,
  createSilence,
  liveSilences,
  silenceDocument,
  silenceId,
} from '../../../state/silences.ts';
import { type Answer, empty, json } from '../../answer.ts';
import { shown } from '../../shown.ts';
import { flagField, matching, readFields, textField, wholeField } from '../fields.ts';
import { pageOf } from '../list.ts';
import type { EndpointParts, EndpointRequest, Route } from '../route.ts';

/** A subscription that can be silenced; `*` is not one, as it would stand for all. */
const SUBSCRIPTION = new RegExp(`^[A-Za-z0-9_.:-]{1,${NAME_LENGTH}}$`);
const ID = new RegExp(`^[A-Za-z0-9_.*:-]{1,${2 * NAME_LENGTH + 1}}$`);
const CHECK = new RegExp(`^(?=.{1,${NAME_LENGTH}}$)${NAME_PATTERN.slice(1)}`);

const PLACE = { subscription: matching(SUBSCRIPTION), check: matching(CHECK) };
const ENTRY = {
  ...PLACE,
  reason: textField,
  creator: textField,
  begin: wholeField,
  expire: wholeField,
  expire_on_resolve: flagField,
};

/** All silences, and silencing. */
export const silenced: Route = {
  path: '/silenced',
  methods: {
    GET: (request, parts) => listOf(request, parts, () => true),
    POST: async ({ body }, parts) => {
      const entry = readFields(body, ENTRY);
      if (!entry || (entry.subscription === undefined && entry.check === undefined)) return empty(400);
      await createSilence(parts, entry);
      await shown(parts);
      return empty(201);
    },
  },
};

export const silencedById: Route = {
  path: '/silenced/ids/:id',
  patterns: { id: ID },
  methods: {
    GET: ({ params: { id = '' } }, { views, clock }) => {
      const state = views.silence(id);
      const nowMs = clock.now();
      return state && !hasEnded(state, nowMs) ? json(silenceDocument(state, nowMs)) : empty(404);
    },
  },
};

export const silencedSubscription: Route = {
  path: '/silenced/subscriptions/:subscription',
  patterns: { subscription: SUBSCRIPTION },
  methods: {
    GET: (request, parts) =>
      listOf(request, parts, ({ silence }) => silence.subscription === request.params['subscription']),
  },
};

export const silencedCheck: Route = {
  path: '/silenced/checks/:check',
  methods: {
    GET: (request, parts) =>
      listOf(request, parts, ({ silence }) => silence.check === request.params['check']),
  },
};

/** Ends a silence, named by its id or by what it silences. */
export const clearing: Route = {
  path: '/silenced/clear',
  methods: {
    POST: async ({ body }, parts) => {
      const named = readFields(body, { ...PLACE, id: textField });
      if (!named || Object.keys(named).length === 0) return empty(400);
      const cleared = await clearSilence(parts, named.id ?? silenceId(named));
      if (cleared) await shown(parts);
      return empty(cleared ? 204 : 404);
    },
  },
};

function listOf(
  { query }: EndpointRequest,
  { views, clock }: EndpointParts,
  wanted: (state: SilenceState) => boolean,
): Answer {
  const nowMs = clock.now();
  const found = [...liveSilences(views, nowMs)].filter(wanted);
  return pageOf(query, found, (state) => silenceDocument(state, nowMs));
}
