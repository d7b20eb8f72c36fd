import { createHash } from "node:crypto";
import { type AnyChannel, type Channel, type ChannelTypes, type CommandSend, ShoalError } from "@shoal/contract";
import type { StoredEffect } from "../store.ts";
import { type TopicRef, topicRef } from "../topic-ref.ts";
import { isA } from "./is-a.ts";

/** A command for another topic. Made by {@link effect}. */
export interface Effect {
  readonly channel: AnyChannel;
  readonly params: object;
  readonly command: string;
  readonly input: object;
}

/**
 * Names a command for another topic, of the same tenant: what an event of one channel means for another one.
 *
 * @example
 * ```ts
 * effects: (event, { params }) => event.type === "closed" ? [effect(lobby, {}, "remove", { lotId: params.lotId })] : []
 * ```
 */
export function effect<T extends ChannelTypes, K extends keyof T["commands"] & string>(
  channel: Channel<T>,
  params: T["params"],
  command: K,
  ...[input]: {} extends CommandSend<T, K> ? [input?: CommandSend<T, K>] : [input: CommandSend<T, K>]
): Effect {
  return { channel, params, command, input: (input ?? {}) as object };
}

/** How often an effect that throws is tried, and how long it then waits: 1, 2, 4, … seconds. */
const mostAttempts = 6;
const firstBackoffMs = 1_000;

/** The effects of one event, as they are stored with it. An offset is given out again in another epoch, and so is no id without it. */
export function toStoredEffects(
  source: TopicRef,
  { epoch, offset, at }: { readonly epoch: string; readonly offset: number; readonly at: number },
  effects: readonly Effect[],
): readonly StoredEffect[] {
  if (effects.length === 0) return [];
  const beginning = effectIds(source, offset);
  return effects.map(({ channel, params, command, input }, index) => ({
    id: `${beginning}${epoch}:${index}`,
    source: source.id,
    target: topicRef(channel.name, source.tenant, params),
    command,
    input,
    due: at,
    attempts: 0,
    status: "armed",
    version: channel.version,
  }));
}

/** Names the event that an effect comes from, among all events of all topics. */
export function eventOf({ id }: StoredEffect): string {
  return id.slice(0, id.lastIndexOf(":"));
}

/** What the ids of the effects of one event begin with. */
export function effectIds(source: TopicRef, offset: number): string {
  return `effect:${createHash("sha256").update(source.id).digest("base64url")}:${offset}:`;
}

/** How long it waits at most, whatever it is told, in milliseconds. */
const longestWaitMs = 3_600_000;

/** An effect after it failed: it is tried again later, not before the error says, or parked when it was tried often enough. */
export function failedEffect(effect: StoredEffect, now: number, error?: unknown): StoredEffect {
  const attempts = effect.attempts + 1;
  if (attempts >= mostAttempts) return { ...effect, attempts, status: "parked" };
  const backoffMs = firstBackoffMs * 2 ** (attempts - 1);
  const askedMs = isA(error, ShoalError) ? (error.retryAfterMs ?? 0) : 0;
  return { ...effect, attempts, due: now + Math.max(backoffMs, Math.min(Math.ceil(askedMs), longestWaitMs)) };
}
