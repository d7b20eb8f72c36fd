import { Component, type ReactNode } from "react";

interface BoundaryProps {
  readonly children: ReactNode;
  /** Told of each error, with the function that shows the children again. */
  readonly onError: (error: Error, reset: () => void) => void;
}

/** An error boundary as applications write them. */
export class Boundary extends Component<BoundaryProps, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error) {
    this.props.onError(error, () => this.setState({ error: undefined }));
  }

  override render() {
    return this.state.error ? `failed: ${(this.state.error as { code?: string }).code}` : this.props.children;
  }
}
