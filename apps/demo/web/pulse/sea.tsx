import type { TopicState } from "@shoal/client";
import { useChannel } from "@shoal/react";
import type { PointerEvent, ReactNode } from "react";
import { type Pulse, pulse } from "../../contract/pulse.ts";
import { hueOf } from "../person-avatar.tsx";
import { CheerBar } from "./cheer-bar.tsx";
import { Fish } from "./fish.tsx";
import { FloatingCheers } from "./floating-cheers.tsx";
import classes from "./sea.module.css";
import { SeaBed } from "./sea-bed.tsx";
import { useSwimming } from "./use-swimming.ts";

/** How many visitors are drawn; the number tells of the rest. */
const mostFish = 40;

/** The page as it lives: a fish for each visitor, and everybody's cheers. */
export function Sea() {
  const live = useChannel(pulse, { page: "home" });
  const { state, members, send, topic, status } = live;
  const swim = useSwimming(topic);

  const point = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    swim({ x: (clientX - left) / width, y: (clientY - top) / height });
  };

  return (
    <section className={classes.sea} aria-label="Live on this page" data-status={status}>
      <div className={classes.water} onPointerMove={point}>
        <div className={classes.rays} />
        <SeaBed />
        {members.slice(0, mostFish).map(({ id, clients }) => {
          const place = clients[0]?.state;
          return place && <Fish key={id} hue={hueOf(id)} x={place.x} y={place.y} />;
        })}
        <FloatingCheers recent={state?.recent} />
      </div>
      <div className={classes.counts}>
        <span className={classes.count}>
          <span className={classes.live} />
          <span>{visitors(live)}</span>
        </span>
        {state && (
          <span className={classes.count}>
            <strong>{state.cheers.toLocaleString()}</strong> {state.cheers === 1 ? "cheer" : "cheers"}
          </span>
        )}
      </div>
      <CheerBar cheer={send.cheer} />
    </section>
  );
}

function visitors({ status, members, error }: TopicState<Pulse>): ReactNode {
  switch (status) {
    case "live":
      return (
        <>
          <strong>{members.length}</strong> here now
        </>
      );
    case "connecting":
      return "Connecting…";
    case "reconnecting":
      return "Reconnecting…";
    case "failed":
      return error.message;
    case "closed":
      return "Closed";
  }
}
