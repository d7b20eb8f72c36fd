import { system } from "@shoal/server";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { board } from "./board.ts";
import { createBoards } from "./board-app.ts";

/** A process of its own that takes something back, and dies where its environment says. */
export interface TakeBack {
  readonly at: StoreAt;
  readonly how: "redact" | "erase" | "eraseUser";
  readonly userId: string;
}

const home = { boardId: "home" };

process.once("message", async ({ at, how, userId }: TakeBack) => {
  await using boards = createBoards({ store: openAt(at) });
  const topic = boards.realtime.topic(board, home).as(system);
  if (how === "redact") await topic.send.remove({ offsets: [1] }, { commandId: "remove" });
  if (how === "erase") await topic.erase();
  if (how === "eraseUser") await boards.realtime.eraseUser(userId);
  process.send?.("done");
});
