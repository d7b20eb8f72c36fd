import type { Json } from "../json.ts";
import type { Schema } from "../schema.ts";
import type { Person } from "./room-fields.ts";

/** What a notification says, for a toast, the browser's own notification, push and e-mail alike. It is text, never HTML. */
export interface Rendered {
  readonly title: string;
  readonly body: string;
  /** The address of an image: http, https, or relative to the page. */
  readonly icon?: string | undefined;
  /** Where it leads: http, https, or relative to the page. */
  readonly url?: string | undefined;
}

/** What `render` knows besides the data. */
export interface RenderContext {
  /** Who caused it, the newest first, at most three; empty where nobody was named. */
  readonly actors: readonly Person[];
  /** How many notifications are folded into this one: 1 where it stands alone. */
  readonly count: number;
}

/** One kind of notification. */
export interface KindDefinition<Data, Category extends string = string> {
  /** What is sent with each. It is plain JSON, at most {@link maxDataLength} characters of it. */
  readonly data: Schema<Data & NoInfer<Data extends Json ? unknown : NotJson>>;
  /** Makes text of it. Pure; it runs on the server and in browsers. */
  readonly render: (data: NoInfer<Data>, context: RenderContext) => Rendered;
  /**
   * What people switch on and off together, and what is counted apart.
   * @default "general"
   */
  readonly category?: Category;
  /**
   * Whether it arrives whatever its user switched off or muted: a warning of the application's security, say.
   * @default false
   */
  readonly critical?: boolean;
  /**
   * Notifications of one key fold into one, which evolves ("Ada and 3 others"); `null` stands alone. At most 200 characters.
   * @default each stands alone
   */
  readonly group?: (data: NoInfer<Data>) => string | null;
  /**
   * How long it stays in the inbox, in milliseconds.
   * @default until its user removes it, or the inbox is full
   */
  readonly lifeMs?: number;
}

type NotJson = "This must be plain JSON: no Date, bigint, Map or class. An instant is its milliseconds, z.int()";

/** The most characters that a notification's data has as JSON. */
export const maxDataLength = 4_096;

/** The category of a kind that names none. */
export const generalCategory = "general";

/** The delivery channels that there always are; the others are the application's own hooks. */
export const builtInVias = ["inApp", "push"] as const;
export type BuiltInVia = (typeof builtInVias)[number];
