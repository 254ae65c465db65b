/**
 * The transport within one process: what `tocsin up` uses and what tests run on.
 *
 * Requests, results and keepalives come in as documents and go out as documents, in the same process. It
 * remembers results and keepalives until a consumer took them, at most so many; it remembers no request. It never
 * writes anything down: what waits when the process ends is lost, and was not acknowledged.
 */
export { createMemoryTransport, type MemoryTransportOptions, WAITING_LIMIT } from './transport.ts';
