import { Button } from "@mantine/core";
import { ShoalError } from "@shoal/contract";
import { type AlertOf, useAlerts } from "@shoal/react/dashboards";
import { IconAlertTriangle, IconCircleCheck, IconFlame } from "@tabler/icons-react";
import { useState } from "react";
import { type Operations, operations } from "../../contract/operations.ts";
import { useUser } from "../user.ts";
import classes from "./alerts-panel.module.css";
import { measures } from "./measures.ts";
import panel from "./panel.module.css";
import { clockTimeOf } from "./times.ts";

type Rule = keyof Operations["rules"];
type OneAlert = AlertOf<Rule>;

/** What is wrong, who looks after it, and what was. */
export function AlertsPanel() {
  const { alerts, acknowledge, history, status } = useAlerts(operations, { history: true });
  const open = alerts.filter(({ phase }) => phase !== "resolved");
  return (
    <section className={panel.panel} aria-labelledby="alerts">
      <h2 id="alerts" className={panel.heading}>
        Alerts
      </h2>
      {open.length > 0 ? (
        <ul className={classes.open} aria-label="Open alerts">
          {open.map((alert) => (
            <OpenAlert key={alert.id} alert={alert} acknowledge={acknowledge} />
          ))}
        </ul>
      ) : status === "live" ? (
        <p className={classes.well}>
          <IconCircleCheck size={18} aria-hidden /> All is well.
        </p>
      ) : (
        <p className={panel.none}>It is not known how it is now.</p>
      )}
      {history.items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <ol className={classes.history} aria-label="What was" tabIndex={0}>
          {history.items.map(({ offset, at, what, title, by, note, value, rule }) => (
            <li key={offset} className={classes.entry} data-what={what}>
              <time dateTime={new Date(at).toISOString()}>{clockTimeOf(at)}</time>
              <span>
                {what === "acknowledged" ? `${by?.name || "Somebody"} looks after: ${title}` : `${title}: ${what}`}
                {what === "fired" && value !== null && ` at ${textOf(rule, value)}`}
                {note && ` “${note}”`}
              </span>
            </li>
          ))}
        </ol>
      )}
      {history.hasOlder && history.items.length > 0 && (
        <Button variant="subtle" size="compact-sm" loading={history.loading} onClick={history.loadOlder}>
          Older
        </Button>
      )}
    </section>
  );
}

interface OpenAlertProps {
  readonly alert: OneAlert;
  readonly acknowledge: ReturnType<typeof useAlerts<"operations", Operations["metrics"], string, Rule>>["acknowledge"];
}

function OpenAlert({ alert, acknowledge }: OpenAlertProps) {
  const { phase, title, severity, since, value, rule, acknowledged } = alert;
  const user = useUser();
  const [problem, setProblem] = useState<string>();
  const look = async () => {
    setProblem(undefined);
    try {
      const outcome = await acknowledge(alert);
      if (!outcome.ok && outcome.reason === "ALREADY") setProblem(`${outcome.by.name} was first.`);
      else if (!outcome.ok) setProblem("It is over already.");
    } catch (error) {
      setProblem(error instanceof ShoalError ? error.message : "That did not get through. Try again.");
    }
  };
  const Icon = severity === "critical" ? IconFlame : IconAlertTriangle;
  return (
    <li className={classes.alert} data-phase={phase} data-severity={severity}>
      <Icon size={18} aria-hidden />
      <div className={classes.what}>
        <b role={phase === "firing" ? "alert" : undefined}>{title}</b>
        <span className={classes.detail}>
          {phase === "pending" ? "perhaps" : "firing"}, {textOf(rule, value)}, since {clockTimeOf(since)}
        </span>
        {problem && <span className={classes.problem}>{problem}</span>}
      </div>
      {acknowledged ? (
        <span className={classes.by}>
          {acknowledged.by.id === user.id ? "You are" : `${acknowledged.by.name} is`} at it
        </span>
      ) : (
        phase === "firing" && (
          <Button size="compact-sm" variant="default" onClick={look}>
            Acknowledge
          </Button>
        )
      )}
    </li>
  );
}

function textOf(rule: string, value: number): string {
  const metric = operations.rules[rule as Rule]?.metric;
  return measures.find(({ metrics }) => metrics[0] === metric)?.format(value) ?? String(value);
}
