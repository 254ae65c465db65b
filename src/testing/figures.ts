import { appendFileSync } from 'node:fs';

/** Notes what a test has found out, for the soak that it runs in (`TOCSIN_FIGURES` names its file). */
export function noteFigures(test: string, figures: Readonly<Record<string, number>>): void {
  const file = process.env['TOCSIN_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ test, ...figures })}\n`);
}
