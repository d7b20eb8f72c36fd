import { type RefObject, useEffect } from "react";

/** Keeps the focus in an element when what has it is gone, such as a button that has done its work: a dialog without it hears no key. */
export function useKeptFocus(within: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = within.current;
    if (!element) return;
    const observer = new MutationObserver(() => {
      if (document.activeElement === document.body) element.focus();
    });
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [within]);
}
