import type { ClientState } from '../state/documents.ts';
import type { Views } from '../state/views.ts';

/** The part of the views that tells of clients, over a list of their documents. */
export function viewsOf(clients: readonly Record<string, unknown>[]): Pick<Views, 'clientNames' | 'client'> {
  const states = new Map(
    clients.map((client) => [String(client['name']), { client } as unknown as ClientState]),
  );
  return { clientNames: () => states.keys(), client: (name) => states.get(name) };
}
