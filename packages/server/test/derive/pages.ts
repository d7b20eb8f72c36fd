import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { defineTables } from "@shoal/server";
import * as z from "zod";

const definition = defineChannel(
  "pages",
  {
    params: z.object({ pageId: z.string() }),
    state: z.object({ lines: z.array(z.string()) }),
    events: { written: z.object({ line: z.string() }), takenBack: z.object({ line: z.string() }) },
    commands: {
      write: { input: z.object({ line: z.string() }) },
      takeBack: { input: z.object({ line: z.string(), offset: z.int() }) },
    },
  },
  {
    initial: () => ({ lines: [] }),
    apply: {
      written: ({ lines }, { line }) => ({ lines: [...lines, line] }),
      takenBack: ({ lines }, { line }) => ({ lines: lines.filter((one) => one !== line) }),
    },
  },
);

export interface Pages extends TypesOf<typeof definition> {}

export const pages: Channel<Pages> = definition;

export const tables = defineTables(
  { page_text: z.object({ page_id: z.string(), tenant: z.string(), text: z.string(), at_offset: z.int() }) },
  [
    ({ schema }) => [
      schema
        .createTable("page_text")
        .addColumn("page_id", "text", (column) => column.primaryKey())
        .addColumn("tenant", "text")
        .addColumn("text", "text")
        .addColumn("at_offset", "integer"),
    ],
  ],
);
