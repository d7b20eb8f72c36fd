import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { EmptyState } from "./empty-state.tsx";

/** Stands in for the page when a component of it has thrown. */
export class CrashBoundary extends Component<{ readonly children: ReactNode }, { readonly crashed: boolean }> {
  override readonly state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    return (
      <EmptyState title="This page broke" text="That is a mistake of ours. What you have sent is safe on the server.">
        <Button onClick={() => location.reload()}>Load it again</Button>
      </EmptyState>
    );
  }
}
