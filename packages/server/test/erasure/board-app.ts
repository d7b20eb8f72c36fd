import {
  createMemoryStore,
  definePrivate,
  defineTables,
  effect,
  initRealtime,
  type RealtimeOptions,
  type ServeOptions,
  type User,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { archive, type Board, board } from "./board.ts";

interface Context {
  readonly user: User | null;
}

export interface BoardsOptions
  extends Omit<Partial<RealtimeOptions<never>>, "channels" | "logger">,
    Pick<ServeOptions<Board, User | null, Context>, "snapshotEvery" | "retention"> {
  /**
   * Whether boards take a user who is erased out of their state.
   * @default true
   */
  readonly erasesUsers?: boolean;
}

const tables = defineTables(
  { board_post: z.object({ board: z.string(), offset: z.int(), text: z.string(), by: z.nullable(z.string()) }) },
  [
    ({ schema }) => [
      schema
        .createTable("board_post")
        .addColumn("board", "text")
        .addColumn("offset", "integer")
        .addColumn("text", "text")
        .addColumn("by", "text"),
    ],
  ],
);

/** What the server alone knows: the last text of each user. */
const lastTexts = definePrivate(
  board,
  {
    state: z.object({ texts: z.record(z.string(), z.string()) }),
    secrets: { posted: z.object({ whisper: z.string() }) },
  },
  {
    initial: () => ({ texts: {} }),
    apply: {
      posted: ({ texts }, { offset }, { whisper }) => ({ texts: { ...texts, [offset]: whisper } }),
      removed: ({ texts }, { offsets }) => ({
        texts: Object.fromEntries(Object.entries(texts).filter(([offset]) => !offsets.includes(Number(offset)))),
      }),
    },
  },
);

/** Boards with all in which a text can be: state, secrets, results, timers, effects and tables. It listens nowhere. */
export function createBoards(given: BoardsOptions = {}) {
  const { snapshotEvery, retention, erasesUsers = true, store = createMemoryStore(), ...options } = given;
  const t = initTRPC.context<Context>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const erased: string[] = [];
  const boards = serveChannel(board, {
    ...(snapshotEvery !== undefined && { snapshotEvery }),
    ...(retention && { retention }),
    authorize: () => true,
    authorizeQuery: () => true,
    private: lastTexts,
    tables,
    commands: {
      post({ input: { text }, user, offset, emit }) {
        emit("posted", { offset: offset + 1, by: user?.id ?? null, text }, { whisper: text });
        return { said: text };
      },
      remove({ input: { offsets }, emit, redact }) {
        emit("removed", { offsets });
        for (const offset of offsets) redact(offset);
      },
      removeQuietly: ({ input, redact }) => redact(input.offset),
      remind: ({ emit }) => emit("reminded"),
    },
    eraseUser({ state, userId, emit, redact }) {
      const offsets = state.posts.filter(({ by }) => by === userId).map(({ offset }) => offset);
      if (offsets.length === 0) return;
      emit("removed", { offsets });
      for (const offset of offsets) redact(offset);
    },
    async erased(tx, { params }) {
      await tx.deleteFrom("board_post").where("board", "=", params.boardId).execute();
    },
    timers: ({ posts }) => [
      { name: "remind", at: 4_000_000_000_000, command: "remind", input: { texts: posts.map(({ text }) => text) } },
    ],
    effects({ data }) {
      if ("offsets" in data && new Set(data.offsets).size < data.offsets.length) throw new Error("one is named twice");
      return "text" in data ? [effect(archive, {}, "add", { text: data.text })] : [];
    },
    async project(tx, changes) {
      for (const { params, events, redacts, erasedUsers } of changes) {
        erased.push(...erasedUsers);
        if (redacts.length > 0) {
          const gone = tx.deleteFrom("board_post").where("board", "=", params.boardId);
          await gone.where("offset", "in", [...redacts]).execute();
        }
        for (const event of events) {
          if (event.type !== "posted") continue;
          await tx
            .insertInto("board_post")
            .values({ board: params.boardId, ...event.data })
            .execute();
        }
      }
    },
    queries: {
      async texts({ read }) {
        const rows = await read.selectFrom("board_post").select("text").orderBy("offset").execute();
        return rows.map(({ text }) => text);
      },
    },
  });
  const careless = { ...boards, options: { ...boards.options, eraseUser: undefined } };
  const archives = serveChannel(archive, {
    commands: {
      add({ input: { text }, emit, reject }) {
        if (text.startsWith("refuse")) reject("REFUSED");
        emit("counted");
      },
    },
  });
  const realtime = createRealtime({
    ...hurried,
    instance: false,
    ...options,
    store,
    channels: [erasesUsers ? boards : careless, archives],
    logger: logged.logger,
  });
  const router = t.router({ realtime: realtime.router });
  return {
    realtime,
    router,
    store,
    logged,
    /** Of whom `project` was told that they are erased. */
    erased,
    as: (token: string | null) => router.createCaller({ user: userOf(token) }).realtime,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

export type Boards = ReturnType<typeof createBoards>;
