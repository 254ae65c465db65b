import type { Settings } from '../../config/index.ts';
import { isLoopback } from '../../runtime/http-caller.ts';
import type { SelfReport } from '../../state/self-reports.ts';
import type { Objection } from '../configuration.ts';

/**
 * The objection to listening where others can reach us while nobody has to say who they are.
 *
 * @param guarded whether callers of the API have to say who they are
 */
export function strangersObjection({ api }: Settings, guarded: boolean): Objection[] {
  if (guarded || isLoopback(api.bind)) return [];
  return [
    {
      steps: ['api', 'bind'],
      expected: 'an address that only this machine can reach, while nobody has to say who they are',
      found: JSON.stringify(api.bind),
      hint:
        'set "api.user" and "api.password", or add a user ("tocsin user add") while it listens on 127.0.0.1; ' +
        '--sensu-compatible leaves it open to everybody',
    },
  ];
}

/** What a server that is open to everybody says about itself, and that it is so no more. */
export function accessReport(settings: Settings, guarded: boolean): SelfReport {
  const { bind } = settings.api;
  const open = strangersObjection(settings, guarded).length > 0;
  const output = open
    ? `whoever reaches ${bind} may change everything here: set "api.user" and "api.password", or add a user\n`
    : 'callers have to say who they are, or are on this machine\n';
  return { check: 'open_access', status: open ? 1 : 0, output };
}
