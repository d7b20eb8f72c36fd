/** What is weaker is made `on`: another node must not see what a crash could still take back. */
const durableSettings = new Set(["on", "remote_apply"]);

/** The `synchronous_commit` of a transaction: what a crash empties anyway is not waited for. */
export function synchronousCommit(durable: boolean, current: string): string {
  if (!durable) return "off";
  return durableSettings.has(current) ? current : "on";
}
