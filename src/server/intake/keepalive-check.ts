import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isAttributes } from '../../model/attributes.ts';
import { type ExecutedCheck, ExecutedCheckSchema } from '../../model/check.ts';
import { KeepaliveSettingsSchema, type RegisteredClient } from '../../model/client.ts';
import { deepMerge } from '../../model/merge.ts';
import type { Attributes } from '../../model/schema.ts';
import { substituteTokens } from '../../model/tokens.ts';

/** What holds for the keepalive checks of all clients. */
export interface KeepaliveSettings {
  /** Attributes of every keepalive check, thresholds among them. */
  check: Attributes;
  /** True when a handler called `keepalive` is configured. */
  hasHandler: boolean;
  /** Unix seconds. */
  now: number;
}

/** A client's keepalive check, judged. */
export interface JudgedKeepalive {
  check: ExecutedCheck;
  /** Attributes that do not fit and were left out, as paths. */
  wrong: readonly string[];
  /** Seconds of silence from which on the client is to be removed; undefined: never. */
  removeAfter: number | undefined;
}

const validator = Compile(
  Type.Object(
    { ...ExecutedCheckSchema.properties, ...KeepaliveSettingsSchema.properties },
    { additionalProperties: true },
  ),
);

const MOST_TOLD = 10;
const LONGEST_TOLD = 60;

/**
 * The keepalive check of a client as a result: critical or warning from its own thresholds on, its attributes laid
 * over the configured ones and its own data put in the place of tokens. An attribute that does not fit is left out, so
 * that a slip leaves nobody unwatched, and the result says so. (Sensu Core 1.9 documentation, "Keepalive monitoring".)
 */
export function judgeKeepalive(
  client: RegisteredClient,
  ageSeconds: number,
  settings: KeepaliveSettings,
): JudgedKeepalive {
  const { check, wrong, unmatched } = layOver(client, settings);
  const thresholds = check['thresholds'] as { warning?: number; critical?: number } | undefined;
  const { output, status } = verdict(ageSeconds, thresholds?.warning ?? 120, thresholds?.critical ?? 180);
  const remarks =
    remark('Unmatched client token(s)', unmatched) + remark('Ignored keepalive attribute(s)', wrong);
  return {
    check: { ...check, output: output + remarks, status: remarks !== '' && status === 0 ? 1 : status },
    wrong,
    removeAfter: check['remove_after'] as number | undefined,
  };
}

interface LaidOver {
  check: ExecutedCheck;
  unmatched: readonly string[];
  wrong: readonly string[];
}

function layOver(client: RegisteredClient, settings: KeepaliveSettings): LaidOver {
  const own = client.keepalive;
  const layers = [settings.check, isAttributes(own) ? own : {}];
  const wrong = own === undefined || own === null || isAttributes(own) ? [] : ['keepalive'];
  const whole = lay(layers, client, settings);
  if (validator.Check(whole.check)) return { ...whole, wrong };
  const fits = (attributes: Attributes): boolean =>
    validator.Check(lay([attributes], client, settings).check);
  const sound = layers.map((layer) => soundPart(layer, fits, wrong));
  return { ...lay(sound, client, settings), wrong };
}

/** The layers over one another, from what is always there to what nobody may set. */
function lay(
  layers: readonly Attributes[],
  client: RegisteredClient,
  settings: KeepaliveSettings,
): { check: ExecutedCheck; unmatched: readonly string[] } {
  const base: Attributes = settings.hasHandler
    ? { thresholds: {}, handler: 'keepalive' }
    : { thresholds: {} };
  const merged = layers.reduce(deepMerge, base);
  const { now } = settings;
  const { value, unmatched } = substituteTokens(merged, client);
  return {
    check: { ...value, name: 'keepalive', issued: now, executed: now, output: '', status: 0 },
    unmatched,
  };
}

/** The attributes that fit, each looked at by itself; of thresholds each one. */
function soundPart(
  layer: Attributes,
  fits: (attributes: Attributes) => boolean,
  wrong: string[],
): Attributes {
  const sound: Attributes = {};
  for (const [name, value] of Object.entries(layer)) {
    if (fits({ [name]: value })) sound[name] = value;
    else if (name === 'thresholds' && isAttributes(value)) {
      sound[name] = soundThresholds(value, fits, wrong);
    } else wrong.push(name);
  }
  return sound;
}

function soundThresholds(
  thresholds: Attributes,
  fits: (attributes: Attributes) => boolean,
  wrong: string[],
): Attributes {
  const sound = Object.entries(thresholds).filter(([name, value]) => {
    const isSound = fits({ thresholds: { [name]: value } });
    if (!isSound) wrong.push(`thresholds.${name}`);
    return isSound;
  });
  return Object.fromEntries(sound);
}

function remark(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const told = names.slice(0, MOST_TOLD).map((name) => name.slice(0, LONGEST_TOLD));
  return ` - ${what}: ${told.join(', ')}`;
}

function verdict(age: number, warning: number, critical: number): { output: string; status: number } {
  const quiet = (threshold: number): string =>
    `No keepalive sent from client for ${age} seconds (>=${threshold})`;
  if (age >= critical) return { output: quiet(critical), status: 2 };
  if (age >= warning) return { output: quiet(warning), status: 1 };
  return { output: `Keepalive sent from client ${age} seconds ago`, status: 0 };
}
