import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { type NoPrivate, type ServedChannel, type ServeOptions, serveChannel, system, type User } from "@shoal/server";
import { expect } from "vitest";
import * as z from "zod";
import { type AppOptions, type Context, type StartedApp, startApp } from "./app.ts";
import { type Connected, connectBySocket, followUntyped } from "./connect.ts";

const definition = defineChannel(
  "fragile",
  {
    params: z.object({ place: z.string().max(20) }),
    state: z.object({ notes: z.array(z.string()), due: z.array(z.number()) }),
    events: { noted: z.object({ text: z.string() }), planned: z.object({ at: z.array(z.number()) }) },
    commands: {
      note: { input: z.object({ text: z.string(), tags: z.array(z.string()).default([]) }) },
      make: { creates: true },
      plan: { internal: true },
      ring: { internal: true },
    },
    presence: z.object({ mood: z.string() }),
  },
  {
    initial: () => ({ notes: [], due: [] }),
    apply: {
      noted: (state, { text }) => ({ ...state, notes: [...state.notes, text] }),
      planned: (state, { at }) => ({ ...state, due: at }),
    },
  },
);

export interface Fragile extends TypesOf<typeof definition> {}

/** A channel whose server does what a test says. */
export const fragile: Channel<Fragile> = definition;

type Options = ServeOptions<Fragile, User | null, Context, object, NoPrivate, "staff" | "public", object>;
type Commands = NonNullable<Options["commands"]>;

export interface FragileOptions extends Omit<Partial<Options>, "commands"> {
  readonly note?: Commands["note"];
}

function serveFragile({ note, ...options }: FragileOptions = {}): ServedChannel<Fragile, User | null, Context> {
  return serveChannel<Fragile, User | null, Context, object, NoPrivate, "staff" | "public", object>(fragile, {
    mint: { make: ({ id }) => ({ place: id.slice(0, 20) }) },
    ...options,
    commands: {
      note: note ?? (({ input, emit }) => emit("noted", { text: input.text })),
      make: ({ emit }) => emit("noted", { text: "made" }),
      plan: ({ emit }) => emit("planned", { at: [] }),
      ring: ({ emit }) => emit("noted", { text: "rung" }),
    },
  });
}

/** Those whose name begins so are of the staff. */
export const audiences = {
  audiences: ["staff", "public"],
  audience: (user: User | null) => (user?.id.startsWith("staff") ? "staff" : "public"),
} as const;

/** The usual application with the fragile channel beside the others, on a port of its own. */
export async function startFragile(fragileOptions: FragileOptions, options: AppOptions = {}) {
  const app = await startApp({ ...options, more: [serveFragile(fragileOptions)] });
  return { ...app, errors: () => errorsOf(app) };
}

function errorsOf({ logged }: StartedApp) {
  return logged.items.filter(({ level }) => level === "error");
}

/** What a stock client asks of the fragile channel. */
function fragileOf(client: Connected) {
  return {
    watch: (place: string, more: object = {}) => followUntyped(client, "realtime.fragile.watch", { place, ...more }),
    note: (place: string, text: string, more: object = {}) =>
      client.untyped.mutation("realtime.fragile.note", { place, text, ...more }),
    make: () => client.untyped.mutation("realtime.fragile.make", {}),
    show: (place: string, mood: string) =>
      client.untyped.mutation("realtime.fragile.presence", { place, clientId: "tab", state: { mood } }),
  };
}

export function connectTo(app: StartedApp, user: string) {
  const client = connectBySocket(app, user);
  return { ...fragileOf(client), [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** What a caller is told of a fault of the server's. */
export const hidden = {
  code: "INTERNAL_SERVER_ERROR",
  message: expect.stringMatching(/^Something failed on the server\. Its log says more under [0-9a-f-]{36}\.$/),
};

/** The one fault that was logged, in words. */
export function loggedFault(app: Awaited<ReturnType<typeof startFragile>>): string {
  const errors = app.errors();
  expect(errors).toHaveLength(1);
  return String((errors[0]?.fields.error as Error | undefined)?.message);
}

/** What is stored of a topic. */
export async function textsOf(
  { realtime }: Awaited<ReturnType<typeof startFragile>>,
  place: string,
): Promise<unknown[]> {
  const history = await realtime.topic(fragile, { place }).as(system).history({ limit: 10 });
  return history.map(({ data }) => ("text" in data ? data.text : data)).reverse();
}
