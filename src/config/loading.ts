import { isAttributes, sameValue } from '../model/attributes.ts';
import { Merging, mergeValues } from '../model/merge.ts';
import type { Attributes } from '../model/schema.ts';
import { defaultDocument } from './defaults.ts';
import type { ConfigDocument } from './document.ts';
import { secretsOf, shownDocument } from './shown.ts';

/** One source that was merged. */
export interface LoadingStep {
  /** The file's path; undefined for a variable. */
  file?: string | undefined;
  variable?: string | undefined;
  /** What it altered of what other files said, without secrets: name → before and after; undefined for the first file. */
  changes?: Attributes | undefined;
}

/** How the document came about, source by source. */
export function loadingSteps(read: ConfigDocument): LoadingStep[] {
  const secrets = secretsOf(read.document);
  const merging = new Merging();
  merging.add(defaultDocument());
  let first = true;
  return read.sources.map(({ file, variable, document: written }): LoadingStep => {
    const changes = first ? {} : shownDocument(differences(merging.document, written), secrets);
    merging.add(written);
    if (variable !== undefined) return { variable };
    if (!first) return { file, changes };
    first = false;
    return { file };
  });
}

/**
 * Name → `[before, after]` of what a document alters when it is laid over another one, objects member by member.
 * (Sensu Core 1.9 documentation, "Logs".)
 */
function differences(before: Attributes, written: Attributes): Attributes {
  const found: Attributes = {};
  for (const [name, value] of Object.entries(written)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (isAttributes(old) && isAttributes(value)) {
      const inner = differences(old, value);
      if (Object.keys(inner).length > 0) found[name] = inner;
    } else {
      const after = mergeValues(old, value);
      if (!sameValue(old, after)) found[name] = [old ?? null, after];
    }
  }
  return found;
}
