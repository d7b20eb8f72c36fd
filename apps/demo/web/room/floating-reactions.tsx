import classes from "./floating-reactions.module.css";
import { useRoomPage } from "./room-context.ts";

/** Lets each reaction to a message rise over it, once. */
export function FloatingReactions({ messageId }: { readonly messageId: string }) {
  const { reactions, reactionEnded } = useRoomPage();
  return reactions
    .filter((reaction) => reaction.messageId === messageId)
    .map(({ id, emoji, from }) => (
      <span
        key={id}
        className={classes.reaction}
        style={{ "--sway": ((id * 37) % 48) - 24 }}
        title={from?.name}
        onAnimationEnd={() => reactionEnded(id)}
        data-reaction
      >
        {emoji}
      </span>
    ));
}
