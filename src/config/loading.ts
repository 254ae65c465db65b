import { isAttributes, sameValue } from '../model/attributes.ts';
import { deepMerge } from '../model/merge.ts';
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
  let document = defaultDocument();
  let first = true;
  return read.sources.map(({ file, variable, document: written }): LoadingStep => {
    const merged = deepMerge(document, written);
    const changes = shownDocument(differences(document, merged), secrets);
    document = merged;
    if (variable !== undefined) return { variable };
    if (!first) return { file, changes };
    first = false;
    return { file };
  });
}

/** Name → `[before, after]` of what differs, objects member by member. (Sensu Core 1.9 documentation, "Logs".) */
function differences(before: Attributes, after: Attributes): Attributes {
  const found: Attributes = {};
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (sameValue(old, value)) continue;
    found[name] = isAttributes(old) && isAttributes(value) ? differences(old, value) : [old ?? null, value];
  }
  return found;
}
