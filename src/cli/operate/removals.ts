import type { Removal } from '../../model/removal.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { moment, safeText, type Terminal } from '../text.ts';

/** `tocsin removals`: the clients and results that were forgotten last, and why. */
export async function removals(options: AskOptions, terminal: Terminal): Promise<number> {
  const { items = [] } = (await apiOf(options).get<{ items: Removal[] }>('/api/v1/removals')) ?? {};
  const rows = items.map(({ timestamp, client, check, why, events, results }) => [
    moment(timestamp),
    safeText(client),
    check === null ? 'all' : safeText(check),
    String(results),
    String(events),
    safeText(why),
  ]);
  if (options.json) terminal.write(jsonText(items));
  else if (rows.length === 0) terminal.write('Nothing was removed.\n');
  else terminal.write(table(terminal, ['TIME', 'CLIENT', 'CHECK', 'RESULTS', 'RESOLVED', 'WHY'], rows));
  return EXIT.ok;
}
