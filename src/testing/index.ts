/**
 * What tests are made with (`tocsin/testing`): a clock that moves when told, chance that repeats itself, a log that is
 * kept, and the suites that every transport and store must pass. Runs under vitest. The product never imports it.
 */
export { ManualClock, settle } from './clock.ts';
export { type LogLine, memoryLog } from './log.ts';
export { checkContext, handlerContext, sampleEvent } from './plugin-context.ts';
export { seededRandom } from './random.ts';
export { storeContract } from './store-contract.ts';
export { transportContract } from './transport-contract.ts';
export { until } from './until.ts';
