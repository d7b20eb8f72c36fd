import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod";

const post = z.object({ offset: z.int(), by: z.nullable(z.string()), text: z.string() });

const definition = defineChannel(
  "board",
  {
    params: z.object({ boardId: z.string() }),
    state: z.object({ posts: z.array(post), remindAt: z.int() }),
    events: {
      posted: post,
      removed: z.object({ offsets: z.array(z.number()) }),
      reminded: z.object({}),
    },
    commands: {
      post: {
        input: z.object({ text: z.string(), remindAt: z.int().default(0) }),
        result: z.object({ said: z.string() }),
      },
      remove: { input: z.object({ offsets: z.array(z.number()) }) },
      removeQuietly: { input: z.object({ offset: z.int() }) },
      remind: { input: z.object({ texts: z.array(z.string()) }), internal: true },
    },
    queries: { texts: { output: z.array(z.string()) } },
  },
  {
    initial: () => ({ posts: [], remindAt: 0 }),
    apply: {
      posted: (state, added) => ({ ...state, posts: [...state.posts, added] }),
      removed: (state, { offsets }) => ({
        ...state,
        posts: state.posts.filter(({ offset }) => !offsets.includes(offset)),
      }),
      reminded: (state) => state,
    },
  },
);

export interface Board extends TypesOf<typeof definition> {}

/** Posts whose text can be taken back, by the offsets of their events. */
export const board: Channel<Board> = definition;

const archiveDefinition = defineChannel(
  "archive",
  {
    params: z.object({}),
    state: z.object({ count: z.int() }),
    events: { counted: z.object({}) },
    commands: {
      add: { input: z.object({ text: z.string() }), internal: true, rejections: { REFUSED: z.object({}) } },
    },
  },
  { initial: () => ({ count: 0 }), apply: { counted: ({ count }) => ({ count: count + 1 }) } },
);

export interface Archive extends TypesOf<typeof archiveDefinition> {}

/** Counts the posts of all boards, and refuses those that say so: their effects are parked. */
export const archive: Channel<Archive> = archiveDefinition;
