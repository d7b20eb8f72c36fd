import { Sea } from "../pulse/sea.tsx";
import { Brand } from "../shell/brand.tsx";
import { ThemeButton } from "../shell/theme-button.tsx";
import classes from "./landing-page.module.css";
import { SignIn } from "./sign-in.tsx";

interface LandingPageProps {
  /** Why the visitor is here again. */
  readonly notice: string | undefined;
}

export function LandingPage({ notice }: LandingPageProps) {
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Brand />
        <ThemeButton />
      </header>
      <main className={classes.main}>
        <div className={classes.pitch}>
          <p className={classes.eyebrow}>Typed realtime for TypeScript, on tRPC</p>
          <h1 className={classes.title}>Every message. Once. In order.</h1>
          <p className={classes.lead}>
            Chat rooms that keep their word when the network does not. Cut your own line, write on, come back: nothing
            is lost, doubled or out of place.
          </p>
          <SignIn notice={notice} />
        </div>
        <div className={classes.sea}>
          <Sea />
          <p className={classes.caption}>
            Each fish is somebody who has this page open. Move over the water and yours follows; cheer and everybody
            sees it.
          </p>
        </div>
      </main>
    </div>
  );
}
