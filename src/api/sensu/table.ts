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

export function createTable(routes: readonly Route[]): Find {
  const byShape = new Map<string, { route: Route; segments: string[] }[]>();
  for (const route of routes) {
    const segments = route.path.split('/');
    const shape = shapeOf(segments);
    byShape.set(shape, [...(byShape.get(shape) ?? []), { route, segments }]);
  }
  return (path) => {
    const found = path.split('/');
    for (const { route, segments } of byShape.get(shapeOf(found)) ?? []) {
      const params = paramsOf(segments, found);
      if (params) return { route, params };
    }
    return undefined;
  };
}

/** Routes with the same shape are compared one by one; `/events/:client` has the shape `events 3`. */
function shapeOf(segments: readonly string[]): string {
  return `${segments[1]} ${segments.length}`;
}

function paramsOf(segments: readonly string[], found: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const text = found[index] ?? '';
    if (segment.startsWith(':')) {
      if (!isName(text)) return undefined;
      params[segment.slice(1)] = text;
    } else if (segment !== text) return undefined;
  }
  return params;
}

/** The value of `Allow` for a route: `GET, HEAD, DELETE`. */
export function allowed(route: Route): string {
  const names = METHODS.filter((method) => route.methods[method]);
  return names.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ');
}
