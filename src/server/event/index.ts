/**
 * What a result means against the history of its client's check. In: the unit of state as it was, the result, the
 * client, the time. Out: the unit as it will be, the event to be handled if there is one, and what to log. Runs in the
 * intake, between reading and committing. Remembers nothing and never reads the world: everything here is pure.
 */
export { aggregatesOf, MOST_AGGREGATES } from './aggregates.ts';
export { extendHistory, HISTORY_LENGTH, isFlapping, totalStateChange } from './history.ts';
export { type LateNote, noteLate, withPoint } from './late.ts';
export { applyResult, type Facts, type Meaning } from './meaning.ts';
export { storedResult } from './output.ts';
export { registrationEvent, wantsRegistration } from './registration.ts';
export { type SilenceLookup, type Silencing, silencingOf } from './silencing.ts';
export { judgeNumber, type NumberVerdict } from './taken.ts';
