/**
 * How requests reach agents and how results and keepalives reach servers.
 *
 * Documents come in (`publish…`) and go out to whoever subscribed or consumes, in this process or in others: that is
 * the driver's affair, one folder each. It runs in every server and every agent. It remembers what was not
 * acknowledged, within a bound. It never judges a document: what arrives is parsed JSON and hostile until its
 * receiver has validated it. `docs/transport.md` says what every driver holds to; `port.ts` is the interface.
 */

export type { Admitted, Claim, Gatekeeper } from './gatekeeper.ts';
export { createMemoryTransport, type MemoryTransportOptions } from './memory/index.ts';
export type {
  BatchOptions,
  Consumer,
  Incoming,
  Outgoing,
  QueueStatistics,
  RequestTaker,
  Subscriber,
  Subscription,
  Transport,
  TransportStatistics,
} from './port.ts';
export { isOneOfMany } from './subscriptions.ts';
export {
  AGENT_PATH,
  type AgentConnection,
  type AgentGateway,
  createAgentGateway,
  createWebsocketTransport,
  type GatewayParts,
  type ServerCertificate,
  type WebsocketTransportParts,
} from './websocket/index.ts';
