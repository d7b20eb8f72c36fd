import { Switch } from "@mantine/core";
import { inbox as notifications } from "../../contract/inbox.ts";
import { PageTitle } from "../shell/page-title.tsx";
import { Shell } from "../shell/shell.tsx";
import { useStore } from "../store.ts";
import { BrowserPermission } from "./browser-permission.tsx";
import { MutedSources } from "./muted-sources.tsx";
import { readOnOpen, setReadOnOpen } from "./read-on-open.ts";
import classes from "./settings-page.module.css";
import { tell } from "./snack.ts";
import { type Category, type Inbox, useInbox, type Via } from "./use-inbox.ts";

const categories: Record<Category, { readonly label: string; readonly text: string }> = {
  mentions: { label: "Mentions", text: "Somebody writes @ and your name in a room." },
  people: { label: "Waves", text: "Somebody waves at you." },
  auctions: { label: "Auctions", text: "You are outbid, or a lot of yours, or on your list, ends." },
  rooms: { label: "New rooms", text: "Somebody opens a room." },
  operations: { label: "The server", text: "An alert of the server's own fires." },
  account: { label: "Your account", text: "What you have to know. It always comes." },
};

const vias: Record<Via, string> = { inApp: "In the app", push: "Push", email: "E-mail" };

/** What one wants to be told of, and how. */
export function SettingsPage() {
  const inbox = useInbox();
  const reads = useStore(readOnOpen);
  return (
    <Shell title={<PageTitle>Notification settings</PageTitle>}>
      <div className={classes.page}>
        <section className={classes.card} aria-labelledby="kinds">
          <h2 id="kinds" className={classes.heading}>
            What you are told, and how
          </h2>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">About</th>
                {notifications.vias.map((via) => (
                  <th key={via} scope="col">
                    {vias[via]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {notifications.categories.map((category) => (
                <PreferenceRow key={category} category={category} inbox={inbox} />
              ))}
            </tbody>
          </table>
          <p className={classes.note}>
            E-mail waits half a minute for you to read it here. This demo sends none: what it would send is a line in
            the server's log.
          </p>
        </section>
        <BrowserPermission />
        <section className={classes.card} aria-labelledby="opening">
          <h2 id="opening" className={classes.heading}>
            When you open the list
          </h2>
          <Switch
            label="Mark all of it as read"
            description="Otherwise it is only seen: the number at the bell goes, the dots stay. Kept in this browser."
            checked={reads}
            onChange={(event) => setReadOnOpen(event.currentTarget.checked)}
          />
        </section>
        <MutedSources inbox={inbox} />
      </div>
    </Shell>
  );
}

function PreferenceRow({ category, inbox }: { readonly category: Category; readonly inbox: Inbox }) {
  const { label, text } = categories[category];
  return (
    <tr>
      <th scope="row">
        {label}
        <span className={classes.text}>{text}</span>
      </th>
      {notifications.vias.map((via) =>
        inbox.isCritical(category) ? (
          <td key={via} className={classes.always}>
            Always
          </td>
        ) : (
          <td key={via}>
            <Switch
              aria-label={`${label}: ${vias[via]}`}
              checked={inbox.isOn(category, via)}
              disabled={inbox.counts === undefined}
              onChange={(event) => void tell(inbox.setPreference(category, via, event.currentTarget.checked))}
            />
          </td>
        ),
      )}
    </tr>
  );
}
