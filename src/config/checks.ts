import type { Step } from '../model/attributes.ts';
import { memberOf } from '../model/attributes.ts';
import { type Check, type CheckDefinition, CheckSchema } from '../model/check.ts';
import { isName, NAME_LENGTH } from '../model/names.ts';
import { type Problem, problemAt } from '../model/problems.ts';
import type { Attributes } from '../model/schema.ts';
import { SEVERITIES } from '../model/severity.ts';
import { judgeCron, judgeEvaluations, judgeWindows } from './conditions.ts';
import {
  entriesOf,
  judge,
  judgeOptions,
  nearestHint,
  pluginNamed,
  pluginNames,
  type Rule,
  type Validation,
} from './definition.ts';

/** Attributes that filters and handler plugins read, beside those the core acts on. */
const READ_ELSEWHERE = ['occurrences', 'refresh', 'dependencies', 'notification', 'description'];

/** Validates the section `checks`. A check with a mistake is left out, and noted in `validation.skipped`. */
export function checksOf(validation: Validation): Map<string, Check> {
  const checks = new Map<string, Check>();
  for (const [name, value] of entriesOf(validation, 'checks')) {
    const own: Validation = { ...validation, problems: [] };
    const definition = checkOf(own, name, value);
    if (own.problems.length > 0) validation.skipped.set(name, own.problems);
    else if (definition) checks.set(name, { ...definition, name });
  }
  return checks;
}

function checkOf(validation: Validation, name: string, value: unknown): CheckDefinition | undefined {
  const at = ['checks', name];
  if (!isName(name)) {
    const expected = `a name of letters, digits, "_", "." and "-", at most ${NAME_LENGTH} of them`;
    validation.problems.push(problemAt(at, expected, name));
  }
  const extension = memberOf(value, 'extension');
  const known = typeof extension === 'string' ? [...READ_ELSEWHERE, extension] : READ_ELSEWHERE;
  const definition = judge(validation, at, value, CheckSchema, { rules: CHECK_RULES, known });
  if (!definition) return undefined;
  if (typeof definition.extension === 'string') judgeExtension(validation, at, definition);
  judgeCron(validation, [...at, 'cron'], definition.cron);
  judgeWindows(validation, [...at, 'subdue'], definition.subdue);
  const wanted = memberOf(definition.proxy_requests, 'client_attributes');
  judgeEvaluations(validation, [...at, 'proxy_requests', 'client_attributes'], wanted);
  return definition as CheckDefinition;
}

function judgeExtension(validation: Validation, at: readonly Step[], definition: Attributes): void {
  const extension = String(definition.extension);
  const plugin = pluginNamed(validation, 'check', extension);
  if (plugin) {
    judgeOptions(validation, [...at, extension], definition[extension], plugin, true);
    return;
  }
  if (extension === '') return;
  const known = pluginNames(validation, 'check');
  const expected =
    known.length > 0 ? `one of ${known.join(', ')}` : 'a check plugin named under "extensions"';
  validation.problems.push(
    problemAt([...at, 'extension'], expected, extension, nearestHint(extension, known)),
  );
}

/** One of the two says what is run. */
const commandOrExtension: Rule = (check, at) => {
  const both = check.command !== undefined && check.extension !== undefined;
  if (!both && (check.command !== undefined || check.extension !== undefined)) return undefined;
  if (both) return { ...problemAt(at, 'either "command" or "extension"', check), found: 'both' };
  return problemAt([...at, 'command'], '"command" or "extension"', undefined);
};

const subscribersUnlessStandalone: Rule = (check, at) =>
  check.subscribers === undefined && check.standalone !== true
    ? problemAt([...at, 'subscribers'], 'an array of subscriptions, unless "standalone" is true', undefined)
    : undefined;

const intervalUnlessUnpublished: Rule = (check, at) =>
  check.interval === undefined && check.publish !== false && check.cron === undefined
    ? problemAt(
        [...at, 'interval'],
        'a whole number of seconds above 0, unless "publish" is false or there is a "cron"',
        undefined,
      )
    : undefined;

const bothFlapThresholds: Rule = (check, at) => {
  const unset = ['low_flap_threshold', 'high_flap_threshold'].filter((name) => check[name] === undefined);
  const [missing] = unset;
  return unset.length === 1 && missing
    ? problemAt([...at, missing], 'a whole number, since the other flap threshold is set', undefined)
    : undefined;
};

const ttlStatusWithTtl: Rule = (check, at) =>
  check.ttl !== undefined && check.ttl_status !== undefined && !Number.isInteger(check.ttl_status)
    ? problemAt([...at, 'ttl_status'], 'a whole number', check.ttl_status)
    : undefined;

const HOOK_NAMES = [...SEVERITIES, 'non-zero'];

const hookNames: Rule = (check, at) => {
  const hooks = typeof check.hooks === 'object' && check.hooks !== null ? Object.keys(check.hooks) : [];
  const wrong = hooks.find((name) => !HOOK_NAMES.includes(name) && !isExitStatus(name));
  if (wrong === undefined) return undefined;
  const expected = '"ok", "warning", "critical", "unknown", "non-zero", or a status from "0" to "255"';
  return problemAt([...at, 'hooks', wrong], expected, wrong, nearestHint(wrong, HOOK_NAMES));
};

function isExitStatus(text: string): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255;
}

/** What a check has to hold to beside its schema. */
export const CHECK_RULES: readonly ((check: Attributes, at: readonly Step[]) => Problem | undefined)[] = [
  commandOrExtension,
  subscribersUnlessStandalone,
  intervalUnlessUnpublished,
  bothFlapThresholds,
  ttlStatusWithTtl,
  hookNames,
];
