import { IconFish } from "@tabler/icons-react";
import { hueOf } from "../person-avatar.tsx";
import classes from "./lot-art.module.css";
import type { Picture } from "./lot-title.ts";

interface LotArtProps {
  readonly auctionId: string;
  readonly picture: Picture | undefined;
}

/** What is drawn of a lot: its picture over water of a color that is always the same for the same lot. */
export function LotArt({ auctionId, picture }: LotArtProps) {
  const hash = hueOf(auctionId);
  const Icon = picture?.Icon ?? IconFish;
  return (
    <div className={classes.art} style={{ "--hue": hueOfWater(hash) }} aria-hidden>
      <svg className={classes.water} viewBox="0 0 400 240" preserveAspectRatio="none">
        <title>Water</title>
        <path className={classes.far} d={wave(120 + (hash % 30), 14)} />
        <path className={classes.near} d={wave(168 - (hash % 20), 10)} />
      </svg>
      <Icon className={classes.icon} stroke={1.4} />
    </div>
  );
}

/** From green over blue to the red of an evening: there is no yellow water. */
function hueOfWater(hash: number): number {
  return 150 + (hash * 240) / 360;
}

function wave(top: number, height: number): string {
  return `M0 ${top} q50 ${-height} 100 0 t100 0 t100 0 t100 0 V240 H0 Z`;
}
