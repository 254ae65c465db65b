import type { AuditEntry } from '../model/access.ts';
import { isAttributes } from '../model/attributes.ts';
import type { Answer } from './answer.ts';
import { readObject } from './body.ts';
import { ROUTES } from './sensu/index.ts';

/** What is told of a change in the audit log, beside who made it. */
export type ToldChange = Pick<AuditEntry, 'what' | 'target' | 'result'>;

/** A request that was answered. */
interface Answered {
  method: string;
  /** Path and query. */
  url: string;
  /** Bytes, or the object that was read from them. */
  body: unknown;
}

const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Paths at which programs report something; a record of each would push out what people do. */
const REPORTS = new Set(ROUTES.filter(({ audited }) => audited === false).map(({ path }) => path));
/** Members of bodies that say to what something is done. Nothing else of a body is told: secrets may stand there. */
const ASKED = ['client', 'source', 'check', 'subscription', 'path', 'name', 'role', 'clients'] as const;
const ASKED_IN_BULK = ['action', 'subject', 'q', 'names'] as const;
const ANSWERED = ['id', 'count'] as const;
const MOST_NAMES = 5;

/** True when a request may change something. */
export function mayChange(method: string): boolean {
  return !HARMLESS.has(method);
}

/** What a request has changed, or may have; undefined when it did not, or only reported something. */
export function changeOf({ method, url, body }: Answered, answer: Answer): ToldChange | undefined {
  const path = url.split('?', 1)[0] ?? '';
  const refused = answer.status >= 400 && answer.status < 500;
  if (!mayChange(method) || refused || REPORTS.has(path)) return undefined;
  const asked = Buffer.isBuffer(body) ? readObject(body) : isAttributes(body) ? body : undefined;
  if (asked?.['dry_run'] === true) return undefined;
  const target = [
    ...membersOf(asked, [...ASKED, ...ASKED_IN_BULK, 'id']),
    ...membersOf(isAttributes(answer.body) ? answer.body : undefined, ANSWERED),
  ];
  return { what: `${method} ${path}`, target: target.join(' '), result: String(answer.status) };
}

function membersOf(document: Record<string, unknown> | undefined, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const text = textOf(document?.[name]);
    return text === undefined ? [] : [`${name}=${text}`];
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (!Array.isArray(value)) return undefined;
  const more = value.length > MOST_NAMES ? `,… (${value.length})` : '';
  return value.slice(0, MOST_NAMES).map(String).join(',') + more;
}
