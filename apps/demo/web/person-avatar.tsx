import classes from "./person-avatar.module.css";

interface PersonAvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: number;
  /** What its background is instead of the color of the id; white can be read on it. */
  readonly color?: string;
}

/** A person as initials on a color that is always the same for the same id. */
export function PersonAvatar({ id, name, size = 32, color }: PersonAvatarProps) {
  return (
    <span
      className={classes.avatar}
      style={{ "--hue": hueOf(id), "--size": `${size}px`, ...(color && { background: color }) }}
      aria-hidden
    >
      {initialsOf(name)}
    </span>
  );
}

/** A hue from 0 to 359 that is always the same for the same id. */
export function hueOf(id: string): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0;
  return (Math.imul(hash, 0x9e3779b1) >>> 0) % 360;
}

const segmenter = new Intl.Segmenter();

function initialsOf(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word !== "");
  const [first, last] = [words.at(0), words.length > 1 ? words.at(-1) : undefined];
  return [first, last].map(firstCharacter).join("").toUpperCase();
}

function firstCharacter(word: string | undefined): string {
  const [first] = word ? segmenter.segment(word) : [];
  return first?.segment ?? "";
}
