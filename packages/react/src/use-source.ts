"use client";

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";

/** What a component can be bound to. `read` keeps its reference until the value has changed. */
export interface Source<S> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => S;
  /** What a server renders, and the browser when it takes over what a server has rendered. */
  readonly readOnServer: () => S;
}

/**
 * Binds a component to what `select` makes of a source's value: the one `useSyncExternalStore` of every hook.
 *
 * @param select - is given what is shown now, and returns that where nothing has changed for the component
 */
export function useSource<S, V>(source: Source<S>, select: (state: S, shown: V | undefined) => V): V {
  const shown = useRef<V | undefined>(undefined);
  const [read, readOnServer] = useMemo(() => {
    const selecting = (readState: () => S) => {
      let last: { readonly state: S; readonly value: V } | undefined;
      return (): V => {
        const state = readState();
        if (!last || !Object.is(last.state, state)) {
          last = { state, value: select(state, last ? last.value : shown.current) };
        }
        return last.value;
      };
    };
    return [selecting(source.read), selecting(source.readOnServer)];
  }, [source, select]);
  const value = useSyncExternalStore(source.subscribe, read, readOnServer);
  useEffect(() => {
    shown.current = value;
  }, [value]);
  return value;
}

/** Shows the value of a source itself. */
export function asItIs<V>(value: V): V {
  return value;
}
