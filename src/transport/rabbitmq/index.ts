/**
 * The transport over RabbitMQ, on the wire as Sensu Core 1.9: its processes and ours share one broker in any mixture.
 *
 * Documents come in to be published and go out to consumers, agents and other programs. It runs in every server and agent
 * that is configured so. It remembers what the broker has not confirmed, within a bound, and what it was delivered and has
 * not acknowledged; when a connection goes, both are forgotten and come again. It never judges a document, never
 * deletes an exchange or queue, and never gives up on a broker that is away.
 */

export type { Broker, BrokerTls } from './broker.ts';
export { createRabbitmqTransport, type RabbitmqTransportParts } from './transport.ts';
