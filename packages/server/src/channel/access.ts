import { ShoalError } from "@shoal/contract";
import type { Identity } from "../security/identity.ts";
import type { User } from "../user.ts";
import type { Definition } from "./definition.ts";
import type { LiveTopic } from "./live-topic.ts";

/** Who calls, and with which context of the application. */
export interface Caller extends Identity {
  /** The server itself, which may do everything. */
  readonly system?: boolean;
  /** A hook, which may also act while the realtime closes and waits for it. */
  readonly hook?: boolean;
  /** Whose topics it means, where that is not the user's own tenant. */
  readonly tenant?: string | undefined;
}

/**
 * Without an `authorize` only who is signed in may do anything, which needs no state to be known.
 *
 * @throws {ShoalError} `UNAUTHORIZED`
 */
export function refuseStrangers({ authorize, name }: Definition, { user, system }: Caller, action: string): void {
  if (!authorize && !system) insist(user !== null, user, name, action);
}

/** @throws {ShoalError} `UNAUTHORIZED` or `FORBIDDEN` when the channel's `authorize` says no */
export async function authorizeTopic(live: LiveTopic, caller: Caller, action: string): Promise<void> {
  if (caller.system) return;
  const { user, ctx } = caller;
  const { authorize, name } = live.definition;
  const call = { user, ctx, action, params: live.ref.params, state: live.folded.state };
  insist(authorize ? await authorize(call) : user !== null, user, name, action);
}

/** @throws {ShoalError} `UNAUTHORIZED` or `FORBIDDEN` when the channel's `authorizeQuery` says no */
export async function authorizeQuery(
  definition: Definition,
  { user, ctx }: Caller,
  action: string,
  input: unknown,
): Promise<void> {
  const { authorizeQuery: authorize, name } = definition;
  insist(authorize ? await authorize({ user, ctx, action, input }) : user !== null, user, name, action);
}

function insist(allowed: boolean, user: User | null, channel: string, action: string): void {
  if (!allowed) throw refusal(user, channel, action);
}

/** What somebody is told who may not do something. */
export function refusal(user: User | null, channel: string, action: string): ShoalError {
  if (!user) return new ShoalError("UNAUTHORIZED", `Sign in to use "${channel}.${action}".`);
  return new ShoalError("FORBIDDEN", `You may not use "${channel}.${action}" here.`);
}
