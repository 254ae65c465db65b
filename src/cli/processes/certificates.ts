import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { PortTls } from '../../api/index.ts';
import type { Settings } from '../../config/index.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Objection } from '../configuration.ts';

/** The port has to let in people without a certificate where agents alone need one. */
const DEMANDS = { off: 'off', agents: 'offered', everyone: 'demanded' } as const;

/** What an agent shows and whom it believes, in PEM. */
export interface AgentTls {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/**
 * The certificate of the one port as its files are now; undefined where it speaks no TLS.
 *
 * @param objections is told what cannot be used; what is returned then is of no use
 */
export function portTls({ tls }: Pick<Settings, 'tls'>, objections: Objection[]): PortTls | undefined {
  if (!tls) return undefined;
  const read = readerOf(['tocsin', 'tls'], objections);
  const [certificate, key] = [read('certificate', tls.certificate), read('key', tls.key)];
  const authority = tls.authority === undefined ? undefined : read('authority', tls.authority);
  prove({ cert: certificate, key, ca: authority }, ['tocsin', 'tls', 'certificate'], objections);
  return { certificate, key, authority, clientCertificates: DEMANDS[tls.clientCertificates] };
}

/** The same for an agent; empty: it believes whom its machine believes, and shows nothing. */
export function agentTls({ agent }: Pick<Settings, 'agent'>, objections: Objection[]): AgentTls {
  const read = readerOf(['tocsin', 'agent'], objections);
  const optional = (attribute: 'authority' | 'certificate' | 'key'): string | undefined => {
    const file = agent[attribute];
    return file === undefined ? undefined : read(attribute, file);
  };
  const tls = { ca: optional('authority'), cert: optional('certificate'), key: optional('key') };
  prove(tls, ['tocsin', 'agent', agent.certificate === undefined ? 'authority' : 'certificate'], objections);
  return tls;
}

function readerOf(section: readonly string[], objections: Objection[]) {
  return (attribute: string, file: string): string => {
    const wrong = (found: string): string => {
      objections.push({ steps: [...section, attribute], expected: 'a path to a PEM file', found });
      return '';
    };
    try {
      const text = readFileSync(file, 'utf8');
      return text.includes('-----BEGIN ') ? text : wrong(`${file}, which holds something else`);
    } catch (error) {
      return wrong(`${file}, which cannot be read: ${errorText(error)}`);
    }
  };
}

/** Certificate and key must belong together, or nobody could be answered. */
function prove(context: AgentTls, steps: readonly string[], objections: Objection[]): void {
  if (objections.length > 0) return;
  try {
    createSecureContext(Object.fromEntries(Object.entries(context).filter(([, text]) => text !== undefined)));
  } catch (error) {
    const expected = 'a certificate with the key that belongs to it';
    objections.push({ steps, expected, found: errorText(error) });
  }
}
