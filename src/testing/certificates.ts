import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The certificates of `src/plugins/fixtures/tls` (see `make.sh` there): `ca` vouches for the others. */
export type CertificateName = 'good' | 'expired' | 'other';

/** Path of a certificate, or of the authority. */
export function certificatePath(name: CertificateName | 'ca'): string {
  return fileURLToPath(new URL(`../plugins/fixtures/tls/${name}.pem`, import.meta.url));
}

/** Key and certificate for a TLS server. */
export function certificate(name: CertificateName): { key: string; cert: string } {
  const key = fileURLToPath(new URL('../plugins/fixtures/tls/key.pem', import.meta.url));
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(certificatePath(name), 'utf8') };
}
