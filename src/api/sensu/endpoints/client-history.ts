import type { NamedState } from '../../../state/views.ts';
import { listed } from '../list.ts';
import type { Route } from '../route.ts';

/** The last statuses of each check of a client; a client that is not known has none. */
export const clientHistory: Route = {
  path: '/clients/:client/history',
  methods: { GET: ({ params }, { views }) => listed(views.results(params['client']), history) },
};

function history({ check, state }: NamedState) {
  return {
    check,
    history: state.history,
    last_execution: state.check.executed,
    last_status: state.check.status,
    last_result: state.check,
  };
}
