import { type Event, severityOf } from '../plugin.ts';
import { oneLine } from './outcome.ts';

const OUTPUT_LIMIT = 20_000;
const SUBJECT_LENGTH = 200;

/** Words in braces that a subject may hold, with what stands for each. */
const PLACEHOLDERS = new Map<string, (event: Event) => string | number>([
  ['state', stateOf],
  ['client', (event) => event.client.name],
  ['check', (event) => event.check.name],
  ['status', (event) => event.check.status],
  ['output', (event) => event.check.output],
  ['occurrences', (event) => event.occurrences],
]);

/** The subject: the template with its placeholders filled in, on one line. A word that is none stays as it is. */
export function subjectOf(event: Event, template = '{state}: {client}/{check}'): string {
  const filled = template.replace(/\{([a-z]+)\}/g, (whole, word: string) =>
    String(PLACEHOLDERS.get(word)?.(event) ?? whole),
  );
  return oneLine(filled, SUBJECT_LENGTH);
}

/** The event for people, as plain text. */
export function bodyOf(event: Event): string {
  const { client, check } = event;
  const facts: [string, string | undefined][] = [
    ['Client', client.address === undefined ? client.name : `${client.name} (${client.address})`],
    ['Check', check.name],
    ['State', `${stateOf(event)} (status ${check.status})`],
    ['Occurrences', String(event.occurrences)],
    ['Executed', timeText(check.executed)],
    ['Last change', timeText(event.last_state_change)],
    ['Last OK', event.last_ok === null ? 'never' : timeText(event.last_ok)],
    [
      'Flaps',
      event.action === 'flapping' ? `${check.total_state_change} % of its states changed` : undefined,
    ],
    ['Command', check.command],
    ['Event', event.id],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${`${name}:`.padEnd(13)}${oneLine(value)}`],
  );
  return `${lines.join('\n')}\n\n${outputOf(check.output)}\n`;
}

function stateOf(event: Event): string {
  if (event.action === 'resolve') return 'RESOLVED';
  return event.action === 'flapping' ? 'FLAPPING' : severityOf(event.check.status).toUpperCase();
}

/** The output with its line breaks, without other control characters. */
function outputOf(output: string): string {
  const clean = output
    .slice(0, OUTPUT_LIMIT)
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trimEnd();
  return output.length > OUTPUT_LIMIT ? `${clean}\n[…]` : clean;
}

function timeText(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? undefined
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
