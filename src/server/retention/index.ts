/**
 * What ends by itself. In: the state of everything, the settings, and how long somebody has been listening. Out:
 * removals of clients that stayed silent (`remove_after`), of results that nobody renews (`tocsin.retention`), of
 * clients that were made up from such results, each with a record in the log of removals, and deletions of silences,
 * stashes and signatures that have ended. Runs in the server, a slice each second. Remembers where it is in its
 * rounds, nothing more. Never forgets anything because of time in which no server listened, and never anything that
 * was renewed since it was judged.
 */
export { expiredFor, periodMs } from './expiry.ts';
export { Retention, type RetentionParts } from './retention.ts';
