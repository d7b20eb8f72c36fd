import { serveChannel } from "@shoal/server";
import { people } from "../contract/people.ts";
import { handleOf, mentionsIn } from "./mentions-in.ts";
import { personTables } from "./person-tables.ts";
import { whatPeopleAreTold } from "./what-people-are-told.ts";

/** How many people are told that a room was opened, or that an alert fires: those who came last. */
const mostTold = 50;

/** How many of one name are mentioned by it, those who came last. */
const mostOfOneName = 5;

/** How many of those are found whose name begins so. */
const mostFound = 8;

/** How much of a message its notification has, in characters. */
const quoteLength = 280;

/** Everybody who is signed in may arrive and wave; nobody watches. */
export const peopleByName = serveChannel(people, {
  authorize: ({ user, action }) => user !== null && action !== "watch",
  tables: personTables,
  load: {
    async arrive({ read, user }) {
      return user !== null && (await isKnown(read.selectFrom("person").select("id"), user.id));
    },
    wave: ({ read, input }) => isKnown(read.selectFrom("person").select("id"), input.to),
    async mention({ read, input }) {
      const found = new Set<string>();
      for (const handles of mentionsIn(input.text)) {
        const named = read.selectFrom("person").select(["id", "handle"]).where("handle", "in", handles);
        const rows = await named.orderBy("arrival", "desc").limit(100).execute();
        const longest = handles.find((handle) => rows.some((row) => row.handle === handle));
        for (const { id } of rows.filter(({ handle }) => handle === longest).slice(0, mostOfOneName)) found.add(id);
      }
      return [...found].filter((id) => id !== input.by.id);
    },
    async unmention({ read, input }) {
      const told = read.selectFrom("mention").select("person").where("message", "=", input.messageId);
      return (await told.execute()).map(({ person }) => person);
    },
    async tellOfRoom({ read, input }) {
      const others = read.selectFrom("person").select("id").where("id", "!=", input.by.id);
      return (await others.orderBy("arrival", "desc").limit(mostTold).execute()).map(({ id }) => id);
    },
    async tellOfAlert({ read }) {
      const last = read.selectFrom("person").select("id").orderBy("arrival", "desc").limit(mostTold);
      return (await last.execute()).map(({ id }) => id);
    },
  },
  commands: {
    arrive({ loaded: known, user, emit }) {
      if (user && !known) emit("arrived", { id: user.id, name: user.name ?? user.id });
    },
    wave({ loaded: known, input: { to }, user, emit, reject }) {
      if (!user || !known || to === user.id) return reject("NOT_FOUND");
      emit("waved", { by: { id: user.id, name: user.name ?? user.id }, to });
    },
    mention({ loaded: to, input, emit }) {
      const text = [...input.text].slice(0, quoteLength).join("");
      if (to.length > 0) emit("mentioned", { ...input, text, to });
    },
    unmention({ loaded: to, input, emit }) {
      if (to.length > 0) emit("unmentioned", { ...input, to });
    },
    tellOfRoom({ loaded: to, input, emit }) {
      if (to.length > 0) emit("toldOfRoom", { ...input, to });
    },
    tellOfAlert({ loaded: to, input, emit }) {
      if (to.length > 0) emit("toldOfAlert", { ...input, to });
    },
  },
  async project(tx, changes) {
    for (const { type, data, offset } of changes.flatMap(({ events }) => events)) {
      if (type === "arrived") {
        await tx
          .insertInto("person")
          .values({ id: data.id, handle: handleOf(data.name), arrival: offset, name: data.name })
          .execute();
      } else if (type === "mentioned") {
        const rows = data.to.map((person) => ({ message: data.messageId, person }));
        await tx.insertInto("mention").values(rows).execute();
      } else if (type === "unmentioned") {
        await tx.deleteFrom("mention").where("message", "=", data.messageId).execute();
      }
    }
  },
  queries: {
    async find({ input: { name }, read, user }) {
      const begin = handleOf(name).slice(0, -1);
      const found = read.selectFrom("person").select(["id", "name"]).where("handle", ">=", begin);
      const rows = await found
        .where("handle", "<", `${begin}\uffff`)
        .where("id", "!=", user?.id ?? "")
        .where("name", "!=", "")
        .orderBy("arrival", "desc")
        .limit(mostFound)
        .execute();
      return { items: rows };
    },
  },
  effects: whatPeopleAreTold,
});

interface Ids {
  where(column: "id", is: "=", id: string): { executeTakeFirst(): Promise<object | undefined> };
}

async function isKnown(ids: Ids, id: string): Promise<boolean> {
  return (await ids.where("id", "=", id).executeTakeFirst()) !== undefined;
}
