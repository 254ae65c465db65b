import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { errorText, Type } from '../plugin.ts';
import { Failure } from './outcome.ts';

/** Options of everything that speaks TLS: whose certificates are accepted. */
export const trustOptions = {
  insecure: Type.Optional(
    Type.Boolean({
      default: false,
      expected: 'true or false',
      description: 'Accept any certificate: neither its chain nor its name is verified.',
    }),
  ),
  ca_file: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'the path of a PEM file',
      description: 'PEM file of the authorities to trust, instead of the public ones.',
    }),
  ),
};

/** The option `servername`. */
export const servernameOption = {
  servername: Type.Optional(
    Type.String({
      minLength: 1,
      expected: 'a host name',
      description: 'Name to ask for (SNI) and to find in the certificate; the host unless given.',
    }),
  ),
};

export interface Trust {
  insecure?: boolean | undefined;
  ca_file?: string | undefined;
  servername?: string | undefined;
}

/** What Node's TLS needs to accept `host` as the options say. Throws a `Failure` (ours) if the file is unreadable. */
export async function tlsOptions(trust: Trust, host: string): Promise<ConnectionOptions> {
  const servername = trust.servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    rejectUnauthorized: trust.insecure !== true,
    ...(servername !== undefined && { servername }),
    ...(trust.ca_file !== undefined && { ca: await readAuthorities(trust.ca_file) }),
  };
}

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Failure('ours', `the authorities of "ca_file" could not be read: ${errorText(thrown)}`);
  }
}
