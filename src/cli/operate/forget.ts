import { isName } from '../../model/names.ts';
import { type AskOptions, apiOf } from '../commands/ask.ts';
import type { Terminal } from '../text.ts';
import { type ActionOptions, type ActionWish, act } from './action.ts';
import { unitOf, whoAmI } from './words.ts';

export interface ForgetOptions extends AskOptions, ActionOptions {
  reason?: string;
  results?: boolean;
}

/** `tocsin forget`: removes clients with all that is known of them, or single results; by name or by a query. */
export function forget(
  words: readonly string[],
  options: ForgetOptions,
  terminal: Terminal,
): Promise<number> {
  const { reason } = options;
  const parameters = { creator: whoAmI(), ...(reason === undefined ? {} : { reason }) };
  return act(apiOf(options), { ...wishOf(words, options), parameters }, 'Forgot', options, terminal);
}

/** Names of results look like `client/check`, names of clients like one; everything else is a query. */
function wishOf(words: readonly string[], { results }: ForgetOptions): ActionWish {
  if (words.every((word) => unitOf(word) !== undefined)) {
    return { action: 'delete-results', subject: 'results', names: words };
  }
  const asked = words.every(isName) && !results ? { names: words } : { q: words.join(' ') };
  return results
    ? { action: 'delete-results', subject: 'results', ...asked }
    : { action: 'delete-clients', subject: 'clients', ...asked };
}
