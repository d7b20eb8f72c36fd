import { createContext, useContext } from "react";
import type { Session } from "./session.ts";

export type SessionUser = Session["user"];

export const UserContext = createContext<SessionUser | null>(null);

/** Who is signed in; for components below a `UserContext`. */
export function useUser(): SessionUser {
  const user = useContext(UserContext);
  if (!user) throw new Error("Only pages for those who are signed in have a user.");
  return user;
}

/** Who is signed in, or null; for what everybody may see. */
export function useVisitor(): SessionUser | null {
  return useContext(UserContext);
}
