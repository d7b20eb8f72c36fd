/** Who has something to send and waits until the client takes more. */
export interface Waiter {
  /** The client takes more. Called once; who is not done by the time it is blocked again waits again. */
  proceed(): void;
}
