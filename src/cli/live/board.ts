import type { DeliveryRecord } from '../../model/delivery.ts';
import type { NamedState } from '../../state/views.ts';
import { table } from '../table.ts';
import { duration, firstLine, historyStrip, paint, severityWord, type Terminal } from '../text.ts';

/** What the live list shows. */
export interface Board {
  states: readonly NamedState[];
  /** What was told to whom, newest last. */
  told: readonly DeliveryRecord[];
  /** Unix seconds. */
  now: number;
  url: string;
  folder: string;
  quickStart: boolean;
}

/** Where commands ask unless told otherwise. */
const USUAL_PORT = '4567';
/** Deliveries that are shown under the list. */
export const TOLD = 5;

/** The live list as one screen of text: worst first, then what was told, then what to try. */
export function drawBoard(board: Board, terminal: Terminal): string {
  const tail = [...toldLines(board, terminal), ...tryLines(board, terminal)];
  const room = Math.max(5, terminal.rows - tail.length - 4);
  const sorted = [...board.states].sort(worstFirst);
  const rows = sorted.slice(0, room).map((named) => rowOf(named, board.now, terminal));
  const left = sorted.length - rows.length;
  const list =
    rows.length === 0
      ? '  waiting for the first results …\n'
      : table(terminal, ['SEVERITY', 'CLIENT', 'CHECK', 'HISTORY', 'AGE', 'OUTPUT'], rows);
  const more = left > 0 ? `… and ${left} more: tocsin results\n` : '';
  return `${headline(board, terminal)}\n\n${list}${more}${tail.join('\n')}\n`;
}

function headline(board: Board, terminal: Terminal): string {
  const open = board.states.filter(({ state }) => state.event !== null).length;
  const verdict =
    board.states.length === 0
      ? 'listening'
      : open === 0
        ? paint(terminal, 'green', 'all is well')
        : paint(terminal, 'red', `${open} open ${open === 1 ? 'problem' : 'problems'}`);
  return `${paint(terminal, 'bold', 'Tocsin')}  ${verdict}  ${paint(terminal, 'dim', `API ${board.url}  data ${board.folder}  Ctrl-C stops`)}`;
}

function worstFirst(one: NamedState, other: NamedState): number {
  const rank = ({ state }: NamedState): number => [0, 2, 3, 1][state.check.status] ?? 1;
  return (
    rank(other) - rank(one) || one.client.localeCompare(other.client) || one.check.localeCompare(other.check)
  );
}

function rowOf({ client, check, state }: NamedState, now: number, terminal: Terminal): string[] {
  return [
    severityWord(terminal, state.check.status),
    client,
    check,
    historyStrip(terminal, state.history),
    duration(now - (state.check.executed ?? now)),
    firstLine(state.check.output),
  ];
}

function toldLines(board: Board, terminal: Terminal): string[] {
  if (board.told.length === 0) return [];
  return [
    '',
    paint(terminal, 'dim', 'TOLD'),
    ...board.told.slice(-TOLD).map((record) => toldLine(record, terminal)),
  ];
}

/** One delivery as a line; the list on a screen shows the time of day alone. */
export function toldLine(
  record: DeliveryRecord,
  terminal: Terminal,
  time = new Date(record.timestamp * 1000).toTimeString().slice(0, 8),
): string {
  const what = `${record.action} of ${record.client}/${record.check}`;
  return `${time}  ${severityWord(terminal, record.status)}  ${what}, ${outcomeOf(record, terminal)}`;
}

function outcomeOf({ handler, outcome, failed, filtered }: DeliveryRecord, terminal: Terminal): string {
  const error = firstLine(failed?.error ?? '');
  if (outcome === 'handled') return `${handler} was told`;
  if (outcome === 'failed') return paint(terminal, 'red', `${handler} failed: ${error}`);
  if (outcome === 'dead') return paint(terminal, 'red', `${handler} was given up: ${error}`);
  if (outcome === 'superseded') return `${handler} was not told: the event was resolved first`;
  if (outcome === 'late') return `${handler} was not told: the result came late`;
  return `${handler} was not told: ${firstLine(filtered?.why ?? '')}`;
}

function tryLines(board: Board, terminal: Terminal): string[] {
  return board.quickStart ? nextSteps(board.states[0]?.client ?? 'CLIENT', board.url, terminal) : [];
}

/** What a newcomer can try next. */
export function nextSteps(client: string, url: string, terminal: Pick<Terminal, 'colours'>): string[] {
  const port = new URL(url).port;
  const flag = port === USUAL_PORT ? '' : ` --port ${port}`;
  const steps = [
    [`npx tocsin events${flag}`, 'what is wrong now'],
    ['node examples/quickstart/shop.mjs', 'start the shop and watch its event end'],
    [`npx tocsin events ${client}/shop${flag}`, 'what happened, who was told, who was not and why'],
  ] as const;
  return [
    '',
    paint(terminal, 'dim', 'TRY NEXT, in another terminal'),
    ...steps.map(([command, why]) => `${command.padEnd(44)} ${paint(terminal, 'dim', why)}`),
  ];
}
