import { useEffect, useRef, useState } from "react";
import type { Cheer } from "../../contract/pulse.ts";
import { hueOf } from "../person-avatar.tsx";
import classes from "./floating-cheers.module.css";

/** Lets each cheer rise that has come since the page was opened. */
export function FloatingCheers({ recent }: { readonly recent: readonly Cheer[] | undefined }) {
  const [floating, setFloating] = useState<readonly Cheer[]>([]);
  const known = useRef<ReadonlySet<string> | undefined>(undefined);

  useEffect(() => {
    if (!recent) return;
    const fresh = known.current ? recent.filter(({ id }) => !known.current?.has(id)) : [];
    known.current = new Set([...(known.current ?? []), ...recent.map(({ id }) => id)]);
    if (fresh.length > 0) setFloating((now) => [...now, ...fresh]);
  }, [recent]);

  return floating.map(({ id, emoji }) => (
    <span
      key={id}
      className={classes.cheer}
      style={{ "--x": (hueOf(id) % 86) + 4, "--sway": (hueOf(`${id}s`) % 60) - 30 }}
      onAnimationEnd={() => setFloating((now) => now.filter((cheer) => cheer.id !== id))}
      data-cheer
    >
      {emoji}
    </span>
  ));
}
