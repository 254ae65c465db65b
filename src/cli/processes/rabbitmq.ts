import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Settings } from '../../config/index.ts';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import type { Transport } from '../../transport/index.ts';
import { type Broker, createRabbitmqTransport } from '../../transport/rabbitmq/index.ts';
import type { World } from './world.ts';

type RabbitmqSettings = NonNullable<Settings['rabbitmq']>;

/** Opens the transport to the brokers that are configured. Throws CONFIG_INVALID when a file of theirs cannot be used. */
export function openRabbitmq(settings: RabbitmqSettings, world: World): Transport {
  const { brokers, ...rest } = settings;
  return createRabbitmqTransport({ ...world, ...rest, brokers: brokers.map(withFiles) });
}

/** A broker with what stands in the files of its TLS now. */
function withFiles(broker: RabbitmqSettings['brokers'][number]): Broker {
  if (!broker.tls) return { ...broker, tls: undefined };
  const { certificate, key, authority, ...rest } = broker.tls;
  const tls = {
    ...rest,
    certificate: certificate === undefined ? undefined : pemIn('cert_chain_file', certificate),
    key: key === undefined ? undefined : pemIn('private_key_file', key),
    authority: authority === undefined ? undefined : pemIn('ca_file', authority),
  };
  prove(tls);
  return { ...broker, tls };
}

function pemIn(attribute: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(attribute, `${path} cannot be read: ${errorText(error)}`);
  }
  if (!text.includes('-----BEGIN ')) throw invalid(attribute, `${path} is no PEM file`);
  return text;
}

/** Certificate and key must belong together, or no broker would take them. */
function prove({ certificate, key, authority }: NonNullable<Broker['tls']>): void {
  try {
    createSecureContext({
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
      ...(authority === undefined ? {} : { ca: authority }),
    });
  } catch (error) {
    throw invalid('cert_chain_file', `certificate and key cannot be used: ${errorText(error)}`);
  }
}

function invalid(attribute: string, found: string): TocsinError {
  return new TocsinError('CONFIG_INVALID', `rabbitmq.ssl.${attribute}: ${found}`);
}
