import { pathText, type Step } from '../../model/attributes.ts';

/** The paths that begin so, each up to its next step. */
export function pathsIn(value: unknown, begun: string, steps: readonly Step[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys: readonly Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const at = [...steps, key];
    const path = pathText(at);
    if (path.startsWith(begun)) return [path];
    return begun.startsWith(path) ? pathsIn(value[key as keyof typeof value], begun, at) : [];
  });
}
