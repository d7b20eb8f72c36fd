import { Button, UnstyledButton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "../link.tsx";
import { newAuctionPath } from "../router.ts";
import { PageTitle } from "../shell/page-title.tsx";
import { useVisitor } from "../user.ts";
import { AuctionShell } from "./auction-shell.tsx";
import { ListedLots } from "./listed-lots.tsx";
import { LiveLots } from "./live-lots.tsx";
import classes from "./lobby-page.module.css";
import { OfferButton } from "./offer-button.tsx";
import { WatchedLots } from "./watched-lots.tsx";

const filters = [
  { show: "open", label: "Open" },
  { show: "scheduled", label: "Coming up" },
  { show: "closed", label: "Ended" },
  { show: "watched", label: "Watch list" },
  { show: "own", label: "My lots" },
] as const;

type Show = (typeof filters)[number]["show"];

/** The lots of the auction house. */
export function LobbyPage() {
  const visitor = useVisitor();
  const [show, setShow] = useState<Show>("open");
  return (
    <AuctionShell title={<PageTitle>Auctions</PageTitle>}>
      <div className={classes.page}>
        <div className={classes.top}>
          <fieldset className={classes.filters}>
            <legend className={classes.legend}>Which lots</legend>
            {filters
              .filter((filter) => visitor || (filter.show !== "watched" && filter.show !== "own"))
              .map((filter) => (
                <UnstyledButton
                  key={filter.show}
                  className={classes.filter}
                  aria-pressed={filter.show === show}
                  onClick={() => setShow(filter.show)}
                >
                  {filter.label}
                </UnstyledButton>
              ))}
          </fieldset>
          {visitor && (
            <div className={classes.actions}>
              <OfferButton />
              <Button component={Link} href={newAuctionPath} leftSection={<IconPlus size={17} />}>
                Sell something
              </Button>
            </div>
          )}
        </div>
        <Lots show={show} userId={visitor?.id} />
      </div>
    </AuctionShell>
  );
}

function Lots({ show, userId = "" }: { readonly show: Show; readonly userId: string | undefined }) {
  switch (show) {
    case "open":
    case "scheduled":
      return <LiveLots status={show} />;
    case "closed":
      return <ListedLots key="closed" status="closed" empty="No auction has ended yet." />;
    case "watched":
      return <WatchedLots userId={userId} />;
    case "own":
      return <ListedLots key="own" seller={userId} empty="You have not offered anything yet." />;
  }
}
