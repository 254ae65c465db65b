/** The four severities that a check's exit status stands for. */
export type Severity = 'ok' | 'warning' | 'critical' | 'unknown';

/** All severities, in the order of their statuses 0–3. */
export const SEVERITIES: readonly Severity[] = ['ok', 'warning', 'critical', 'unknown'];

/** The severity of an exit status: 0 ok, 1 warning, 2 critical, everything else unknown. */
export function severityOf(status: number): Severity {
  return SEVERITIES[status] ?? 'unknown';
}
