import { Alert, Button, TextInput } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { TRPCClientError } from "@trpc/client";
import { type FormEvent, useState } from "react";
import { displayName } from "../../contract/display-name.ts";
import { navigate, pathOfRoom, useRoute } from "../router.ts";
import { createSession } from "../session.ts";
import { signIn } from "../visit.ts";
import classes from "./sign-in.module.css";

/** A name is all it takes. Whoever came for a room is led to it, anybody else to the lobby. */
export function SignIn({ notice }: { readonly notice: string | undefined }) {
  const route = useRoute();
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const parsed = displayName.safeParse(name);
    if (!parsed.success) return setError(parsed.error.issues[0]?.message);
    setBusy(true);
    try {
      const session = await createSession(parsed.data);
      if (route.page === "home") navigate(pathOfRoom("lobby"));
      signIn(session);
    } catch (cause) {
      setError(problemOf(cause));
      setBusy(false);
    }
  };

  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
      {notice && (
        <Alert color="yellow" icon={<IconInfoCircle />} mb="md" role="alert">
          {notice}
        </Alert>
      )}
      <div className={classes.row}>
        <TextInput
          className={classes.name}
          label="Your name"
          placeholder="Ada"
          size="md"
          autoComplete="nickname"
          value={name}
          error={error}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setError(undefined);
          }}
        />
        <Button type="submit" size="md" loading={busy}>
          {route.page === "room" ? `Join # ${route.roomId}` : "Come in"}
        </Button>
      </div>
      <p className={classes.note}>No password, no email. Others see the name, and that you are here.</p>
    </form>
  );
}

function problemOf(cause: unknown): string {
  const answered = cause instanceof TRPCClientError && cause.data;
  return answered
    ? "The server could not sign you in. Try again in a moment."
    : "The server cannot be reached. Check your connection and try again.";
}
