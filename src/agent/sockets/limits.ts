/** Most bytes of one message: a connection's text, a datagram, or the body of an HTTP request. */
export const LARGEST_MESSAGE_BYTES = 2_097_152;
/** Connections at once, for TCP and HTTP each; more are closed at once. */
export const MOST_CONNECTIONS = 200;
/** Milliseconds after its last piece at which a text that is not complete is given up. (Sensu Core 1.9 documentation.) */
export const QUIET_MS = 500;
/** Milliseconds that a connection may take from its beginning, whatever it sends or does not. */
export const CONNECTION_MS = 60_000;
/** Milliseconds that a caller has for reading its answer. */
export const READING_MS = 1_000;
/** Milliseconds that `/info` waits for the transport to tell how much is queued. */
export const STATISTICS_MS = 1_000;
