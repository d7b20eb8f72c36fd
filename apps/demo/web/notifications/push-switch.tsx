import { Switch } from "@mantine/core";
import { currentPush, type PushOutcome, subscribeToPush, unsubscribeFromPush } from "@shoal/client/notifications";
import { useEffect, useState } from "react";
import { useStore } from "../store.ts";
import { useUser } from "../user.ts";
import { visit } from "../visit.ts";
import classes from "./settings-page.module.css";

/** The address of the service worker, which shows what is pushed. */
const serviceWorker = "/sw.js";

const problems: Record<Exclude<PushOutcome, "subscribed">, string> = {
  unsupported: "This browser has no push.",
  denied: "It takes your permission for notifications. Your browser lets you give it beside its address bar.",
  failed: "This browser could not reach its push service. Try again later.",
};

/** Whether this browser gets notifications while the app is closed. */
export function PushSwitch() {
  const { client } = useStore(visit);
  const userId = useUser().id;
  const [publicKey, setPublicKey] = useState<string | null>();
  const [on, setOn] = useState(false);
  const [problem, setProblem] = useState<string>();
  const devices = client.pushDevices({ userId });

  useEffect(() => {
    const { publicKey } = client.pushDevices.query;
    publicKey().then(
      (answer) => setPublicKey(answer.publicKey),
      (error: Error) => setProblem(error.message),
    );
    currentPush().then(
      (subscription) => setOn(subscription !== null),
      () => {},
    );
  }, [client]);

  const change = async (wanted: boolean) => {
    setProblem(undefined);
    try {
      if (!wanted) await unsubscribeFromPush(devices);
      const outcome = wanted && publicKey ? await subscribeToPush(devices, { serviceWorker, publicKey }) : undefined;
      if (outcome && outcome !== "subscribed") setProblem(problems[outcome]);
      setOn(outcome === "subscribed");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : problems.failed);
    }
  };

  if (publicKey === null) return <p className={classes.text}>Push, for while the app is closed, is not set up here.</p>;
  return (
    <>
      <Switch
        label="Push"
        description="Your browser tells you while the app is closed, too."
        checked={on}
        disabled={publicKey === undefined}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
