/**
 * Thrown by a delivery hook to give up: what it was called for cannot be delivered, now or later. It is not called for it again.
 *
 * @example
 * ```ts
 * email: async ({ userId, rendered }) => {
 *   const address = await addressOf(userId);
 *   if (!address) throw new Undeliverable(`${userId} has no address`);
 *   await mailer.send(address, rendered.title, rendered.body);
 * }
 * ```
 */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}
