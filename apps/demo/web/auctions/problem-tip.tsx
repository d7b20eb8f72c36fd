import { Tooltip, VisuallyHidden } from "@mantine/core";
import type { ReactElement } from "react";

interface ProblemTipProps {
  /** What went wrong with what was pressed last. */
  readonly problem: string | undefined;
  /** What pressing it does, where it does not say so itself. */
  readonly label?: string;
  readonly children: ReactElement;
}

/** Tells beside a button what went wrong with it, also to who only listens. */
export function ProblemTip({ problem, label, children }: ProblemTipProps) {
  return (
    <>
      <Tooltip
        label={problem ?? label}
        {...(problem ? { opened: true, color: "red" } : { disabled: label === undefined })}
        withArrow
        multiline
        maw={260}
      >
        {children}
      </Tooltip>
      {problem && <VisuallyHidden role="alert">{problem}</VisuallyHidden>}
    </>
  );
}
