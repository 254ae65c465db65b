import { type AskOptions, apiOf } from '../commands/ask.ts';
import type { Terminal } from '../text.ts';
import { type ActionOptions, act } from './action.ts';
import { unitOf, whoAmI } from './words.ts';

/** `tocsin resolve`: ends an event that is named, or all that a search finds. */
export function resolve(
  words: readonly string[],
  options: AskOptions & ActionOptions & { reason?: string },
  terminal: Terminal,
): Promise<number> {
  const { reason } = options;
  const parameters = { creator: whoAmI(), ...(reason === undefined ? {} : { reason }) };
  const units = words.map(unitOf);
  const wish = units.every((unit) => unit !== undefined) ? { names: words } : { q: words.join(' ') };
  return act(
    apiOf(options),
    { action: 'resolve', subject: 'events', ...wish, parameters },
    'Resolved',
    options,
    terminal,
  );
}
