import { TocsinError } from '../../runtime/errors.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { table } from '../table.ts';
import { duration, firstLine, safeText, severityWord, type Terminal } from '../text.ts';
import { counted } from './words.ts';

export const SUBJECTS = ['events', 'results', 'clients'] as const;
type Subject = (typeof SUBJECTS)[number];

interface Found {
  items: Record<string, unknown>[];
  total: number;
  next?: string | null;
}

/** `tocsin search`: events, results or clients by a query. */
export async function search(
  subject: string,
  words: readonly string[],
  options: AskOptions & { limit?: string; sort?: string },
  terminal: Terminal,
): Promise<number> {
  if (!isSubject(subject)) throw new TocsinError('USAGE', `search ${SUBJECTS.join(', ')}, not "${subject}"`);
  const query = new URLSearchParams({ q: words.join(' '), limit: options.limit ?? '50' });
  if (options.sort !== undefined) query.set('sort', options.sort);
  const found = await apiOf(options).get<Found>(`/api/v1/search/${subject}?${query}`);
  if (!found) throw new TocsinError('SERVER_REFUSED', 'this server has no search');
  if (options.json) {
    terminal.write(jsonText(found));
    return EXIT.ok;
  }
  if (found.items.length > 0) {
    const { headings, row } = TABLES[subject];
    terminal.write(
      table(
        terminal,
        headings,
        found.items.map((item) => row(item, terminal)),
      ),
    );
  }
  const rest = found.total - found.items.length;
  const more = rest > 0 ? `, ${found.items.length} of them shown` : '';
  terminal.write(`${counted(found.total, subject.slice(0, -1))}${more}.\n`);
  return EXIT.ok;
}

function isSubject(text: string): text is Subject {
  return (SUBJECTS as readonly string[]).includes(text);
}

interface Checked {
  client: string | { name: string };
  check: { name: string; status: number; output: string; executed?: number };
  /** Of an event: when its state began. */
  last_state_change?: number;
}

const checkRow = (item: Record<string, unknown>, terminal: Terminal): string[] => {
  const { client, check, last_state_change } = item as unknown as Checked;
  const since = last_state_change ?? check.executed;
  return [
    safeText(typeof client === 'string' ? client : client.name),
    safeText(check.name),
    severityWord(terminal, check.status),
    since === undefined ? '' : duration(Date.now() / 1000 - since),
    firstLine(check.output),
  ];
};
const CHECKED = { headings: ['CLIENT', 'CHECK', 'SEVERITY', 'AGE', 'OUTPUT'], row: checkRow };

const TABLES: Record<
  Subject,
  { headings: readonly string[]; row: (item: Record<string, unknown>, terminal: Terminal) => string[] }
> = {
  events: CHECKED,
  results: CHECKED,
  clients: {
    headings: ['CLIENT', 'ADDRESS', 'SUBSCRIPTIONS'],
    row: (item) => {
      const client = (item['client'] ?? item) as { name: string; address?: string; subscriptions?: string[] };
      return [client.name, client.address ?? '', (client.subscriptions ?? []).join(' ')].map(safeText);
    },
  },
};
