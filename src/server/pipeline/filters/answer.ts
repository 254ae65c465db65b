import type { FilteredBy } from '../../../model/delivery.ts';
import type { Event } from '../../../model/event.ts';
import type { PluginContext } from '../../../plugin.ts';
import type { Views } from '../../../state/views.ts';

/** What one filter said of an event. */
export interface Answer {
  /** Null: the event passes. */
  held: FilteredBy | null;
  /** Why it could not judge as it was meant to, as a sentence. */
  error?: string;
  /** Why it did not apply, as a sentence; the event passes then. */
  notAsked?: string;
}

/** What is open elsewhere, for filters that ask; missing where nothing is known of other events. */
export type OpenEvents = Pick<Views, 'state' | 'eventsOf'>;

/** What judging is handed of the world. */
export interface JudgeContext {
  /** All that a filter plugin is given. */
  plugin: PluginContext;
  events?: OpenEvents | undefined;
}

/** Asks a filter that is made ready. May throw: then it could not judge, and the event passes. */
export type Ask = (event: Event, context: JudgeContext) => Answer;

export const PASSES: Answer = { held: null };
