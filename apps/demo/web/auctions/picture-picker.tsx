import { UnstyledButton } from "@mantine/core";
import classes from "./new-lot-page.module.css";
import { pictures } from "./pictures.ts";

interface PicturePickerProps {
  readonly value: string;
  readonly onChange: (sign: string) => void;
}

/** What is drawn of a lot. */
export function PicturePicker({ value, onChange }: PicturePickerProps) {
  return (
    <fieldset className={classes.pictures}>
      <legend className={classes.legend}>Picture</legend>
      {pictures.map(({ sign, label, Icon }) => (
        <UnstyledButton
          key={sign}
          className={classes.picture}
          aria-label={label}
          title={label}
          aria-pressed={sign === value}
          onClick={() => onChange(sign)}
        >
          <Icon size={22} stroke={1.6} aria-hidden />
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
