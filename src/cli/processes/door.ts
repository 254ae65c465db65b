import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Access, createGatekeeper } from '../../access/index.ts';
import { type Api, type ApiParts, createApi } from '../../api/index.ts';
import type { Settings } from '../../config/index.ts';
import { type AgentGateway, createAgentGateway } from '../../transport/websocket/index.ts';
import type { Closer } from './stopping.ts';

export interface DoorParts extends ApiParts {
  access: Access;
}

/** The one port of a server: people and programs come to its API, agents to its gateway. */
export interface Door {
  api: Api;
  gateway: AgentGateway;
  /** `https://127.0.0.1:4567` */
  url: string;
}

const WITHOUT_CERTIFICATE = 'This server asks agents for a certificate that its authority has signed.\n';

/** Listens. Agents that come before somebody takes their results wait in the hub. */
export async function openDoor(parts: DoorParts, closers: Closer[]): Promise<Door> {
  const api = await createApi(parts);
  closers.push(() => api.close());
  const gateway = createAgentGateway({
    ...parts,
    hub: parts.transport,
    gatekeeper: createGatekeeper(parts.access),
    limits: () => parts.settings.limits,
  });
  // The port is not closed before the connections of agents are.
  closers.push(() => gateway.close());
  api.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (lacksCertificate(socket, parts.settings)) refuse(socket);
    else gateway.accept(request, socket, head);
  });
  const { address, port } = await api.listen();
  const scheme = parts.tls ? 'https' : 'http';
  return { api, gateway, url: `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}` };
}

/** True for an agent that shows no valid certificate although one is demanded of agents. */
function lacksCertificate(socket: Duplex, { tls }: Settings): boolean {
  if (!tls || tls.clientCertificates === 'off') return false;
  return !(socket instanceof TLSSocket && socket.authorized);
}

function refuse(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(
    'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
      `Content-Length: ${WITHOUT_CERTIFICATE.length}\r\n\r\n${WITHOUT_CERTIFICATE}`,
  );
}
