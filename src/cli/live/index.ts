/**
 * What `tocsin up` shows: on a terminal a list that redraws itself, elsewhere a line for each change. In: the views and
 * their feed. Out: text. Remembers the last deliveries, nothing more. Never asks the store and never changes anything.
 */
import type { DeliveryRecord } from '../../model/delivery.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import { type CheckState, splitStateName } from '../../state/documents.ts';
import { CANARY_CHECK, selfClientName } from '../../state/self-reports.ts';
import type { Views } from '../../state/views.ts';
import type { FeedItem } from '../../store/port.ts';
import { firstLine, moment, severityWord, type Terminal } from '../text.ts';
import { drawBoard, nextSteps, TOLD, toldLine } from './board.ts';

export interface DisplayParts {
  views: Views;
  terminal: Terminal;
  /** True for the list that redraws itself. */
  live: boolean;
  clock: Clock;
  url: string;
  folder: string;
  quickStart: boolean;
  /** What this machine is called. */
  client: string;
}

const REDRAW_MS = 500;
const SELF_PREFIX = selfClientName('');
/** No cursor, and lines that are too long are cut, not wrapped: a wrapped one would push the worst off the top. */
const ALTERNATE_SCREEN = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const NORMAL_SCREEN = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Begins to show what happens; `end` gives the terminal back. */
export function showChanges(parts: DisplayParts): { end: () => void } {
  const stop = new AbortController();
  const display = parts.live ? openBoard(parts) : openLines(parts);
  const follow = async (): Promise<void> => {
    for await (const items of parts.views.follow(undefined, stop.signal)) {
      for (const item of items) display.take(item);
    }
  };
  follow().catch(() => undefined);
  return {
    end: () => {
      stop.abort();
      display.end();
    },
  };
}

interface Display {
  take: (item: FeedItem) => void;
  end: () => void;
}

function openBoard(parts: DisplayParts): Display {
  const { views, terminal, clock } = parts;
  let told: DeliveryRecord[] = [];
  const draw = (): void => {
    const board = {
      ...parts,
      states: [...views.states()].filter((named) => !isCanary(named)),
      told,
      now: unixSeconds(clock),
    };
    terminal.write(`\x1b[H${drawBoard(board, terminal).replaceAll('\n', '\x1b[K\n')}\x1b[J`);
  };
  let timer = clock.after(0, function redraw() {
    draw();
    timer = clock.after(REDRAW_MS, redraw);
  });
  terminal.write(ALTERNATE_SCREEN);
  return {
    take(item) {
      const record = deliveryOf(item);
      if (record && record.outcome !== 'filtered' && !isCanary(record)) told = [...told, record].slice(-TOLD);
    },
    end() {
      timer.cancel();
      terminal.write(NORMAL_SCREEN);
    },
  };
}

function openLines(parts: DisplayParts): Display {
  const { terminal, views } = parts;
  terminal.write(`Tocsin listens on ${parts.url}; data in ${parts.folder}\n`);
  if (parts.quickStart) terminal.write(`${nextSteps(parts.client, parts.url, terminal).join('\n')}\n\n`);
  const statuses = new Map<string, number>();
  for (const { client, check, state } of views.states())
    statuses.set(`${client}/${check}`, state.check.status);
  return {
    take(item) {
      const record = deliveryOf(item);
      if (record && record.outcome !== 'filtered' && !isCanary(record))
        terminal.write(`${toldLine(record, terminal, moment(record.timestamp))}\n`);
      if (item.type !== 'document' || item.kind !== 'state' || isCanary(splitStateName(item.name))) return;
      const state = item.value as CheckState | undefined;
      if (!state) statuses.delete(item.name);
      else if (statuses.get(item.name) !== state.check.status) {
        statuses.set(item.name, state.check.status);
        terminal.write(`${changeLine(item.name, state, terminal)}\n`);
      }
    },
    end: () => undefined,
  };
}

/** The server's own canary sings all the time. */
function isCanary({ client, check }: { client: string; check: string }): boolean {
  return check === CANARY_CHECK && client.startsWith(SELF_PREFIX);
}

function changeLine(name: string, state: CheckState, terminal: Terminal): string {
  const { client, check } = splitStateName(name);
  const time = moment(state.check.executed ?? 0);
  return `${time}  ${severityWord(terminal, state.check.status)}  ${client}/${check}  ${firstLine(state.check.output)}`;
}

function deliveryOf(item: FeedItem): DeliveryRecord | undefined {
  return item.type === 'log' && item.log.startsWith('deliveries/')
    ? (item.entry as DeliveryRecord)
    : undefined;
}
