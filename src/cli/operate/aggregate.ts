import { SEVERITIES } from '../../model/severity.ts';
import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { safeText, severityWord, type Terminal } from '../text.ts';

interface Counts {
  clients: number;
  checks: number;
  results: Record<(typeof SEVERITIES)[number] | 'total' | 'stale', number>;
}

interface Summary {
  check: string;
  summary: { output: string; total: number; clients: string[] }[];
}

const HEADINGS = ['AGGREGATE', 'CLIENTS', 'CHECKS', 'RESULTS', 'OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/** `tocsin aggregate list` */
export async function listAggregates(options: AskOptions, terminal: Terminal): Promise<number> {
  const api = apiOf(options);
  const names = (await api.list<{ name: string }>('/aggregates')).map(({ name }) => name).sort();
  const counts = await Promise.all(
    names.map(async (name) => ({ name, ...(await api.get<Counts>(`/aggregates/${name}`)) })),
  );
  const rows = counts.map(({ name, clients = 0, checks = 0, results }) => [
    safeText(name),
    ...[clients, checks, results?.total ?? 0].map(String),
    ...SEVERITIES.map((severity) => String(results?.[severity] ?? 0)),
  ]);
  if (options.json) terminal.write(jsonText(counts));
  else if (rows.length === 0) terminal.write('No check belongs to an aggregate.\n');
  else terminal.write(table(terminal, HEADINGS, rows));
  return EXIT.ok;
}

/** `tocsin aggregate show`: what its results say, the worst first, and which clients say it. */
export async function showAggregate(name: string, options: AskOptions, terminal: Terminal): Promise<number> {
  const api = apiOf(options);
  const counts = await api.get<Counts>(`/aggregates/${name}`);
  if (!counts) throw new TocsinError('NOT_FOUND', `There is no aggregate ${name}.`);
  const found: { status: number; entries: Summary[] }[] = [];
  for (const status of [2, 1, 3, 0]) {
    const path = `/aggregates/${name}/results/${SEVERITIES[status]}`;
    found.push({ status, entries: (await api.get<Summary[]>(path)) ?? [] });
  }
  if (options.json) {
    terminal.write(jsonText({ name, ...counts, results_by_severity: found }));
    return EXIT.ok;
  }
  const rows = found.flatMap(({ status, entries }) =>
    entries.flatMap(({ check, summary }) =>
      summary.map(({ output, total, clients }) => [
        severityWord(terminal, status),
        check,
        String(total),
        some(clients),
        safeText(output.split('\n', 1)[0] ?? ''),
      ]),
    ),
  );
  terminal.write(table(terminal, ['SEVERITY', 'CHECK', 'CLIENTS', 'WHICH', 'OUTPUT'], rows));
  return EXIT.ok;
}

function some(clients: readonly string[]): string {
  return clients.length > 3
    ? `${clients.slice(0, 3).join(' ')} and ${clients.length - 3} more`
    : clients.join(' ');
}
