import type { Topic } from "@shoal/client";
import { ShoalError } from "@shoal/contract";
import { useState } from "react";
import { cheerEmojis, type Pulse } from "../../contract/pulse.ts";
import classes from "./cheer-bar.module.css";

type SendCheer = Topic<Pulse>["send"]["cheer"];

const names: Readonly<Record<(typeof cheerEmojis)[number], string>> = {
  "👋": "Wave",
  "🎉": "Celebrate",
  "❤️": "Love",
  "🔥": "Fire",
  "🐟": "Fish",
  "✨": "Sparkles",
};

/** What one can cheer with. */
export function CheerBar({ cheer }: { readonly cheer: SendCheer }) {
  const [problem, setProblem] = useState<string>();
  const send = async (emoji: (typeof cheerEmojis)[number]) => {
    setProblem(await problemOf(cheer({ emoji })));
  };
  return (
    <div className={classes.bar}>
      <fieldset className={classes.emojis} aria-label="Cheer">
        {cheerEmojis.map((emoji) => (
          <button key={emoji} type="button" aria-label={names[emoji]} onClick={() => void send(emoji)}>
            {emoji}
          </button>
        ))}
      </fieldset>
      {problem && (
        <span className={classes.problem} role="status">
          {problem}
        </span>
      )}
    </div>
  );
}

/** What keeps a cheer from the others, in words; `undefined` when nothing did. */
async function problemOf(sent: ReturnType<SendCheer>): Promise<string | undefined> {
  try {
    const outcome = await sent;
    if (outcome.ok) return undefined;
    switch (outcome.reason) {
      case "TOO_MANY":
        return `That is more than ${outcome.perSecond} cheers in a second. Take a breath.`;
    }
  } catch (error) {
    return error instanceof ShoalError ? error.message : "Your cheer did not get through. Try again.";
  }
}
