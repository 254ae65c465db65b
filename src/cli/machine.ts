import { hostname, networkInterfaces } from 'node:os';

/** What this machine is called. */
export function machineName(): string {
  // A host name may hold characters that a client name may not.
  return hostname().replace(/[^A-Za-z0-9_.-]/g, '-') || 'unknown';
}

/** The first IPv4 address that is not loopback, or `unknown`. */
export function machineAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const address of addresses ?? []) {
      if (address.family === 'IPv4' && !address.internal) return address.address;
    }
  }
  return 'unknown';
}
