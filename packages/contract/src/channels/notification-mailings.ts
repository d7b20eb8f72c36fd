import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import type { Json } from "../json.ts";
import { givenId, person } from "./room-fields.ts";

/** How many recipients one command adds to a mailing at most. */
export const mostGathered = 1_000;

const message = z.object({
  kind: z.string(),
  data: z.custom<Json>((data) => data !== undefined),
  actor: z.nullable(person),
  link: z.nullable(z.string()),
  source: z.nullable(z.string()),
});

/** What each recipient of a mailing is sent. */
export type MailingMessage = z.output<typeof message>;

/** What becomes of a mailing: `none` is one that nobody began, or whose recipients were not all named in time. */
export type MailingStatus = "none" | "gathering" | "sending" | "done" | "cancelled";

/** Names one of those who open a mailing: the last one names its recipients. */
const opening = z.string().check(z.minLength(1), z.maxLength(128));
const userIds = z.array(givenId).check(z.maxLength(mostGathered));

const none = { status: "none", message: null, opening: "", total: 0, sent: 0, begun: 0, gatheredAt: 0 } as const;

const definition = defineChannel(
  "notificationMailings",
  {
    params: z.object({ mailingId: givenId }),
    state: z.object({
      status: z.enum(["none", "gathering", "sending", "done", "cancelled"]),
      message: z.nullable(message),
      /** Who names its recipients; empty where nobody does yet. */
      opening: z.string(),
      /** How many recipients it has, each counted once. */
      total: z.int(),
      /** To how many of them the notification came: whatever their preferences make of it. */
      sent: z.int(),
      /** How many of them are done, or have their turn now. */
      begun: z.int(),
      /** When its recipients were named last, in milliseconds since the epoch. */
      gatheredAt: z.number(),
    }),
    events: {
      /** From now on its recipients are named; those that were named before are none. */
      opened: z.object({ message, opening, at: z.number() }),
      gathered: z.object({ userIds, total: z.int(), at: z.number() }),
      started: z.object({}),
      /** These have their turn; those before them are done. */
      batchBegun: z.object({ userIds, sent: z.int(), begun: z.int() }),
      /** It goes on when the batch up to here is done. */
      batchAwaited: z.object({ begun: z.int() }),
      finished: z.object({}),
      cancelled: z.object({}),
      /** The batch that had its turn when it was cancelled is done. */
      stopped: z.object({}),
      /** Its recipients were not all named: nobody is sent anything. */
      abandoned: z.object({}),
      /** A user was erased, who is named here no more. */
      forgotten: z.object({ actor: z.nullable(person) }),
    },
    commands: {
      open: {
        internal: true,
        input: z.object({ message, opening }),
        rejections: { TOO_MANY_MAILINGS: z.object({ most: z.int() }) },
      },
      gather: {
        internal: true,
        input: z.object({ opening, userIds }),
        rejections: { NOT_GATHERING: z.object({}), TOO_MANY_RECIPIENTS: z.object({ most: z.int() }) },
      },
      start: { internal: true, input: z.object({ opening }), rejections: { NOT_GATHERING: z.object({}) } },
      /** Goes on behind the batch that ended here. */
      advance: { internal: true, input: z.object({ begun: z.int() }) },
      abandon: { internal: true, input: z.object({ opening }) },
      /** Sends to nobody whose turn has not come. */
      cancel: { rejections: { NOT_UNDER_WAY: z.object({}) } },
    },
  },
  {
    initial: () => none,
    apply: {
      opened: (_state, { message, opening, at }) => ({
        ...none,
        status: "gathering",
        message,
        opening,
        gatheredAt: at,
      }),
      gathered: (state, { total, at }) => ({ ...state, total, gatheredAt: at }),
      started: (state) => ({ ...state, status: "sending" }),
      batchBegun: (state, { sent, begun }) => ({ ...state, sent, begun }),
      batchAwaited: (state) => state,
      // A recipient who was erased meanwhile is none.
      finished: (state) => ({ ...state, status: "done", sent: state.begun, total: state.begun }),
      cancelled: (state) => ({ ...state, status: "cancelled" }),
      stopped: (state) => ({ ...state, sent: state.begun }),
      abandoned: () => none,
      forgotten: (state, { actor }) => ({ ...state, message: state.message && { ...state.message, actor } }),
    },
  },
);

export interface NotificationMailings extends TypesOf<typeof definition> {}

/**
 * One notification that is sent to many: who is sent it, how far it is, and its end. It is made by the server; who may watch and cancel
 * it is for the server to say. Whoever does is not told the recipients.
 */
export const notificationMailings: Channel<NotificationMailings> = definition;
