import { parseMoney } from "../../contract/money.ts";

/** A lot as it is written into the form. */
export interface Draft {
  readonly picture: string;
  readonly title: string;
  readonly description: string;
  readonly currency: string;
  readonly startPrice: string;
  readonly reserve: string;
  readonly opens: string;
  readonly minutes: string;
  readonly softClose: string;
  readonly proxy: boolean;
}

export const emptyDraft: Draft = {
  picture: "🏺",
  title: "",
  description: "",
  currency: "EUR",
  startPrice: "",
  reserve: "",
  opens: "now",
  minutes: "10",
  softClose: "30",
  proxy: true,
};

/** The terms that a draft means, and when it is to open and for how long. Times in milliseconds. */
export interface Terms {
  readonly lot: {
    readonly title: string;
    readonly description: string;
    readonly currency: string;
    readonly startPrice: number;
    readonly reserve: number | null;
    readonly softClose: { readonly windowMs: number; readonly extendMs: number; readonly maxTotalMs: number } | null;
    readonly proxy: boolean;
  };
  /** In how long it opens; null where it stays a draft. */
  readonly opensInMs: number | null;
  readonly openMs: number;
}

/** What is wrong in a draft, by its fields. */
export type Problems = { readonly [K in keyof Draft]?: string };

export type ReadDraft =
  | { readonly ok: true; readonly terms: Terms }
  | { readonly ok: false; readonly problems: Problems };

const maxTitleLength = 100;
const maxDescriptionLength = 4_000;
/** A month. */
const maxMinutes = 43_200;

/** Reads the form: all that is wrong in it at once. */
export function readDraft(draft: Draft): ReadDraft {
  const title = draft.title.trim();
  const start = parseMoney(draft.startPrice, draft.currency);
  const reserve = draft.reserve.trim() === "" ? null : parseMoney(draft.reserve, draft.currency);
  const minutes = /^\d{1,6}$/.test(draft.minutes.trim()) ? Number(draft.minutes) : 0;
  const problems: Problems = {
    ...(title === "" && { title: "Say what it is, in a few words." }),
    ...(title.length > maxTitleLength && { title: `At most ${maxTitleLength} characters.` }),
    ...(draft.description.length > maxDescriptionLength && {
      description: `At most ${maxDescriptionLength} characters.`,
    }),
    ...(!start.ok && { startPrice: start.problem }),
    ...(reserve && !reserve.ok && { reserve: reserve.problem }),
    ...(reserve?.ok &&
      start.ok &&
      reserve.amount <= start.amount && {
        reserve: "A reserve is above the start price. Raise it, or leave it empty.",
      }),
    ...((minutes < 1 || minutes > maxMinutes) && { minutes: `A whole number of minutes, from 1 to ${maxMinutes}.` }),
  };
  if (!start.ok || Object.keys(problems).length > 0) return { ok: false, problems };
  const softMs = Number(draft.softClose) * 1_000;
  return {
    ok: true,
    terms: {
      lot: {
        title: `${draft.picture} ${title}`,
        description: draft.description.trim(),
        currency: draft.currency,
        startPrice: start.amount,
        reserve: reserve?.ok ? reserve.amount : null,
        softClose: softMs === 0 ? null : { windowMs: softMs, extendMs: softMs, maxTotalMs: 20 * softMs },
        proxy: draft.proxy,
      },
      opensInMs: draft.opens === "draft" ? null : draft.opens === "now" ? 0 : Number(draft.opens) * 60_000,
      openMs: minutes * 60_000,
    },
  };
}
