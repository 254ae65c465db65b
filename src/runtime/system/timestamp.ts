/** Milliseconds that the finer clock may differ from the wall clock before it is set again. */
const DRIFT_MS = 2;

let originMs = performance.timeOrigin;

/** Wall time in microseconds: the finer clock, set again whenever the wall clock was. */
function microseconds(): number {
  const wallMs = Date.now();
  let fineMs = originMs + performance.now();
  if (Math.abs(fineMs - wallMs) > DRIFT_MS) {
    originMs += wallMs - fineMs;
    fineMs = wallMs;
  }
  return Math.floor(fineMs * 1000);
}

/** A moment as logs of Sensu show it: `2026-11-21T07:18:36.227219+0000`, in local time. Now, unless one is given. */
export function localTimestamp(unixMicroseconds: number = microseconds()): string {
  const date = new Date(Math.floor(unixMicroseconds / 1000));
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const fraction = String(((unixMicroseconds % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  const west = date.getTimezoneOffset();
  const offset = `${west > 0 ? '-' : '+'}${two(Math.floor(Math.abs(west) / 60))}${two(Math.abs(west) % 60)}`;
  return `${day}T${time}.${fraction}${offset}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}
