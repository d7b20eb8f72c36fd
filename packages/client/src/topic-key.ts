/** Names a topic within one client: the same for the same channel and params, in whatever order the params are written. */
export function topicKey(channel: string, params: object): string {
  const entries = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([channel, entries]);
}
