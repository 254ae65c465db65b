/**
 * True when each request to a subscription goes to one of its subscribers (`roundrobin:poll`, `direct:x`); false
 * when each of them gets a copy. (Sensu Core 1.9 documentation, "Round-robin client subscriptions".)
 */
export function isOneOfMany(subscription: string): boolean {
  return subscription.startsWith('roundrobin:') || subscription.startsWith('direct:');
}
