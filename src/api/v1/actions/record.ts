import type { AuditEntry } from '../../../model/access.ts';
import type { ActionDocument } from './book.ts';

/** What the audit log tells of an action that has ended: it was asked for some time before, maybe from far away. */
export function endOf(action: ActionDocument): Omit<AuditEntry, 'timestamp'> {
  const { id, action: name, subject, by, count, state, progress, why } = action;
  const { done, skipped, failed } = progress;
  return {
    ...{ who: by, how: 'none', address: null, what: 'bulk action ended' },
    target: `action=${name} subject=${subject} id=${id} count=${count}`,
    result: `${state}: ${done} done, ${skipped} skipped, ${failed} failed${why === null ? '' : `; ${why}`}`,
  };
}
