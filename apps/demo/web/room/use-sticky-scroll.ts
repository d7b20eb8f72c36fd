import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** How near to the end still counts as being there, in pixels. */
const tolerance = 48;

export interface StickyScroll {
  readonly viewport: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLOListElement | null>;
  /** Whether the reader is at the end, where new content scrolls into view by itself. */
  readonly atEnd: boolean;
  readonly scrollToEnd: () => void;
}

/**
 * Keeps a reader who is at the end at the end, and anybody else where they are.
 *
 * @param first - names the first thing in the list: when another takes its place, older things were put before it
 * @param last - names the last thing in the list
 */
export function useStickyScroll(first: string | undefined, last: string | undefined): StickyScroll {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const fromEnd = useRef(0);
  const end = useRef(true);
  const [atEnd, setAtEnd] = useState(true);

  const scrollToEnd = () => {
    end.current = true;
    setAtEnd(true);
    if (viewport.current) viewport.current.scrollTop = viewport.current.scrollHeight;
  };

  useLayoutEffect(() => {
    const box = viewport.current;
    if (box && !end.current) box.scrollTop = box.scrollHeight - fromEnd.current;
  }, [first]);

  useLayoutEffect(() => {
    const box = viewport.current;
    if (box && end.current) box.scrollTop = box.scrollHeight;
  }, [last]);

  useEffect(() => {
    const box = viewport.current;
    const list = content.current;
    if (!box || !list) return;
    const measure = () => {
      fromEnd.current = box.scrollHeight - box.scrollTop;
      end.current = fromEnd.current - box.clientHeight < tolerance;
      setAtEnd(end.current);
    };
    const settle = () => {
      if (end.current) box.scrollTop = box.scrollHeight;
      else fromEnd.current = box.scrollHeight - box.scrollTop;
    };
    const observer = new ResizeObserver(settle);
    observer.observe(box);
    observer.observe(list);
    box.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", measure);
    };
  }, []);

  return { viewport, content, atEnd, scrollToEnd };
}
