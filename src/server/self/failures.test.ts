import { expect, test } from 'vitest';
import { Counters } from '../../runtime/counters.ts';
import { Failures } from './failures.ts';
import { FAILURES_WINDOW_MS } from './thresholds.ts';

const LOOK_MS = 10_000;

function watched(): { counters: Counters; look: () => { handled: number; failed: number } } {
  const counters = new Counters();
  const failures = new Failures(counters);
  return {
    counters,
    look: () => {
      failures.look();
      return failures.lately;
    },
  };
}

test('what was given up after its last try has failed, its tries have not', () => {
  const { counters, look } = watched();
  counters.increment('deliveries_retried', 5);
  expect(look()).toEqual({ handled: 0, failed: 0 });
  counters.increment('deliveries_dead', 2);
  counters.increment('deliveries_failed', 3);
  expect(look()).toEqual({ handled: 0, failed: 5 });
});

test('the canary is no delivery, and what is long ago is forgotten', () => {
  const { counters, look } = watched();
  counters.increment('deliveries_handled', 4);
  counters.increment('canaries_passed', 3);
  counters.increment('deliveries_dead');
  for (let round = 0; round < FAILURES_WINDOW_MS / LOOK_MS; round++) {
    expect(look()).toEqual({ handled: 1, failed: 1 });
  }
  expect(look()).toEqual({ handled: 0, failed: 0 });
});
