import { defineTables } from "@shoal/server";
import * as z from "zod/mini";

/** Who has signed in, and who was mentioned in which message. */
export const personTables = defineTables(
  {
    person: z.object({ id: z.string(), handle: z.string(), arrival: z.int(), name: z.string() }),
    mention: z.object({ message: z.string(), person: z.string() }),
  },
  [
    ({ schema }) => [
      schema
        .createTable("person")
        .addColumn("id", "text", (id) => id.primaryKey())
        .addColumn("handle", "text", (handle) => handle.notNull())
        .addColumn("arrival", "bigint", (arrival) => arrival.notNull()),
      schema.createIndex("person_handle").on("person").columns(["handle", "arrival"]),
      schema.createIndex("person_arrival").on("person").column("arrival"),
      schema
        .createTable("mention")
        .addColumn("message", "text", (message) => message.notNull())
        .addColumn("person", "text", (person) => person.notNull())
        .addPrimaryKeyConstraint("mention_key", ["message", "person"]),
    ],
    // Of those who came before, only the handle is known.
    ({ schema }) => [schema.alterTable("person").addColumn("name", "text", (name) => name.notNull().defaultTo(""))],
  ],
);
