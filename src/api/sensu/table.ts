import { isName } from '../../model/names.ts';
import type { Method, Route } from './route.ts';

/** A path that was found, with the names in it. */
export interface Found {
  route: Route;
  params: Record<string, string>;
}

/** Finds the route of a path: exactly, segment by segment, as it was written. */
export type Find = (path: string) => Found | undefined;

/** The order in which `Allow` names them. */
const METHODS: readonly Method[] = ['GET', 'POST', 'DELETE'];

interface Entry {
  route: Route;
  segments: readonly string[];
}

export function createTable(routes: readonly Route[]): Find {
  const byShape = new Map<string, Entry[]>();
  const open: Entry[] = [];
  for (const route of routes) {
    const segments = route.path.split('/');
    if (route.path.includes('*')) open.push({ route, segments });
    else {
      const shape = shapeOf(segments);
      byShape.set(shape, [...(byShape.get(shape) ?? []), { route, segments }]);
    }
  }
  return (path) => {
    const found = path.split('/');
    for (const { route, segments } of byShape.get(shapeOf(found)) ?? []) {
      const params = paramsOf(route, segments, found);
      if (params) return { route, params };
    }
    for (const { route, segments } of open) {
      const params = restOf(segments, found);
      if (params) return { route, params };
    }
    return undefined;
  };
}

/** Routes with the same shape are compared one by one; `/events/:client` has the shape `events 3`. */
function shapeOf(segments: readonly string[]): string {
  return `${segments[1]} ${segments.length}`;
}

function paramsOf(
  { patterns }: Route,
  segments: readonly string[],
  found: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const text = found[index] ?? '';
    if (segment.startsWith(':')) {
      const name = segment.slice(1);
      const pattern = patterns?.[name];
      if (!(pattern ? pattern.test(text) : isName(text))) return undefined;
      params[name] = text;
    } else if (segment !== text) return undefined;
  }
  return params;
}

/** What stands behind `/stashes/` for the route `/stashes/*path`; undefined when that is nothing, or cannot be decoded. */
function restOf(segments: readonly string[], found: readonly string[]): Record<string, string> | undefined {
  const fixed = segments.length - 1;
  if (segments.slice(0, fixed).some((segment, index) => segment !== found[index])) return undefined;
  const rest = decoded(found.slice(fixed).join('/'));
  return rest ? { [segments[fixed]?.slice(1) ?? '']: rest } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** The value of `Allow` for a route: `GET, HEAD, DELETE`. */
export function allowed(route: Route): string {
  const names = METHODS.filter((method) => route.methods[method]);
  return names.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ');
}
