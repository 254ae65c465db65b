/**
 * The transport between machines without a broker: agents dial out to the one port of a server.
 *
 * In the server's process, connections come in (HTTP upgrades of `/agent`) and go on as subscribers and publishers of
 * another transport, the hub: rounds, batches and acknowledgements are the hub's. In the agent's process, documents go
 * in and requests come out. The server's end remembers who is connected and what was not answered yet; the agent's end
 * remembers its subscriptions and what was not acknowledged, while a connection lasts. Neither keeps a result for
 * later: what was not acknowledged when a connection ends is its publisher's to send again. The gateway never lets an
 * agent use a name that the gatekeeper does not grant it. `docs/websocket.md` is the protocol.
 */
export { createWebsocketTransport, type WebsocketTransportParts } from './agent-end.ts';
export type { ServerCertificate } from './dial.ts';
export { AGENT_PATH, PROTOCOL } from './frames.ts';
export { type AgentConnection, type AgentGateway, createAgentGateway, type GatewayParts } from './gateway.ts';
