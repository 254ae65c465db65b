import { TocsinError } from '../../runtime/errors.ts';
import type { SelfStatus } from '../../state/self-status.ts';
import { type AskOptions, apiOf, jsonText } from '../commands/ask.ts';
import { EXIT } from '../exit.ts';
import { duration, firstLine, paint, safeText, severityWord, type Terminal } from '../text.ts';
import { counted } from './words.ts';

/** What `GET /api/v1/status` tells that is shown here. */
interface Process {
  version: string;
  uptime_seconds: number;
  counts: { clients: number; results: number; events: number };
}

/** `tocsin status`: how a server finds itself, in a screen. The exit code is 1 when something is not well. */
export async function status(options: AskOptions, terminal: Terminal): Promise<number> {
  const api = apiOf(options);
  const [self, process] = await Promise.all([
    api.get<SelfStatus>('/api/v1/self'),
    api.get<Process>('/api/v1/status'),
  ]);
  if (!self || !process)
    throw new TocsinError('NOT_FOUND', 'no server runs in the process that answers there');
  if (options.json) terminal.write(jsonText({ ...self, ...process }));
  else terminal.write(drawStatus(self, process, terminal));
  return isWell(self) ? EXIT.ok : EXIT.failed;
}

/** Nothing is past a threshold, and the server sees. */
export function isWell({ blind, problems }: SelfStatus): boolean {
  return !blind && problems.length === 0;
}

/** The screen, a line for each thing. */
export function drawStatus(self: SelfStatus, process: Process, terminal: Terminal): string {
  const lines = [...figures(self, process)].map(
    ([name, text]) => `${paint(terminal, 'dim', name.padEnd(14))}${text}`,
  );
  const problems = self.problems.map(({ check, status, output }) => {
    return `${severityWord(terminal, status)}  ${safeText(check)}  ${firstLine(output)}`;
  });
  return `${[verdict(self, terminal), '', ...lines, ...(problems.length > 0 ? ['', ...problems] : [])].join('\n')}\n`;
}

function verdict(self: SelfStatus, terminal: Terminal): string {
  if (self.blind) return paint(terminal, 'red', 'BLIND: results may not be taken and nobody may be told.');
  if (self.problems.length > 0) return paint(terminal, 'yellow', 'It sees, but not everything is well.');
  return paint(terminal, 'green', 'All is well.');
}

function* figures(self: SelfStatus, process: Process): Generator<[name: string, text: string]> {
  const { intake, outbox, deliveries, clocks, counts } = { ...self, counts: process.counts };
  yield ['server', `${self.client}, ${process.version}, up ${duration(process.uptime_seconds)}`];
  yield ['canary', canaryText(self)];
  yield ['store', self.store.connected ? 'answers' : 'does not answer'];
  const waiting = (intake.results_waiting ?? 0) + (intake.keepalives_waiting ?? 0);
  yield ['intake', `${span(intake.lag)} behind, ${counted(waiting, 'message')} waiting`];
  yield ['schedule', `${span(self.schedule.lateness)} late`];
  const due = outbox.deliveries === 1 ? '1 delivery' : `${outbox.deliveries} deliveries`;
  yield ['outbox', outbox.deliveries === 0 ? due : `${due}, oldest ${span(outbox.age)}`];
  yield ['handlers', `${deliveries.handled} reached, ${deliveries.failed} failed in the last 5 min`];
  yield ['dead letters', self.dead_letters === 0 ? '0' : `${self.dead_letters}, see "tocsin dead"`];
  yield ['agents', self.agents === null ? 'none can connect' : `${self.agents} connected`];
  yield ['clocks', clocks.clients === 0 ? 'agree' : `${counted(clocks.clients, 'client')} out of step`];
  yield [
    'known',
    [
      counted(counts.clients, 'client'),
      counted(counts.results, 'result'),
      counted(counts.events, 'open event'),
    ].join(', '),
  ];
}

function canaryText({ canary }: SelfStatus): string {
  if (canary.every === 0) return 'none is sent';
  if (canary.took === null) return `none came back yet (one every ${duration(canary.every)})`;
  return `came back ${span(canary.quiet)} ago, took ${span(canary.took)}`;
}

/** A short stretch of time to the millisecond, a longer one in words. */
function span(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return duration(seconds);
}
