/**
 * The pipeline: from an event to the people and tools that are to know of it.
 *
 * In comes an event that was decided from results. `decide` asks each handler of its check whether it may be told
 * (filters), and gives back deliveries, for those that may, and records, which say why the others are not. The
 * caller commits both together with the state, and hands the deliveries to `take`: the mutator makes of the event
 * what the handler is given, the handler is told, and one commit takes the delivery out of the store and adds its
 * record. Out go commands, sockets, the calls of plugins, and one `DeliveryRecord` for each event and handler.
 *
 * It runs in the server's process. What it remembers is in the store: a delivery stays there until it has ended, so
 * a death repeats it and never loses it, and a handler that hangs makes it wait there. It does not retry what a handler
 * refused, it changes no event, and it never waits for a handler before it decides. Filters may look at what else is
 * open; only the handler `deregistration` changes what the server knows.
 */
export { carryOut } from './carry-out.ts';
export { MOST_DEAD_LETTERS } from './dead-letters.ts';
export { type DecideContext, type Decision, decide } from './decide.ts';
export { MOST_IN_HAND, Pipeline, type PipelineParts } from './pipeline.ts';
export { HandlerPlans, MOST_AT_ONCE } from './plans.ts';
export type { Ending, PipelineRules, Tools } from './rules.ts';
