// Which rows are in view, of more rows than a browser can scroll over.
//
// A browser ends an element at some 10 million pixels. Past that the scrollbar stands for a part of the rows: a
// long way is taken in proportion, a short one row by row, and the bar is put right once it rests.

import { useEffect, useRef, useState } from "preact/hooks";

export const ROW_HEIGHT = 36;
const MOST_PIXELS = 8_000_000;
const REST = 120;

export interface Scroll {
  box: preact.RefObject<HTMLDivElement | null>;
  // The height of what is scrolled over.
  height: number;
  // Pixels of rows above the view.
  top: number;
  view: number;
  onScroll: () => void;
  show: (row: number) => void;
}

export function useScroll(count: number, headHeight: number): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [view, setView] = useState(400);
  const last = useRef(0);
  const now = useRef(0);
  const timer = useRef(0);

  const all = count * ROW_HEIGHT;
  const height = Math.min(all, MOST_PIXELS);
  const room = Math.max(0, height - view);
  const way = Math.max(0, all - view);
  const scale = room === 0 ? 1 : way / room;

  useEffect(() => {
    const measure = () => box.current && setView(Math.max(ROW_HEIGHT, box.current.clientHeight - headHeight));
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    measure();
    return () => observer.disconnect();
  }, []);

  const put = (next: number) => {
    now.current = Math.min(Math.max(0, next), way);
    setTop(now.current);
  };

  // Another view of the rows begins at its start.
  useEffect(() => {
    if (now.current > way) move(way);
  }, [count]);

  function move(next: number) {
    put(next);
    const bar = now.current / scale;
    last.current = bar;
    box.current!.scrollTop = bar;
    last.current = box.current!.scrollTop;
  }

  function onScroll() {
    const bar = box.current!.scrollTop;
    const by = bar - last.current;
    if (by === 0) return;
    last.current = bar;
    if (scale === 1) return put(bar);
    if (bar <= 0) return put(0);
    if (bar >= room - 1) return put(way);
    put(Math.abs(by) < view * 2 ? now.current + by : bar * scale);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => move(now.current), REST) as unknown as number;
  }

  function show(row: number) {
    const start = row * ROW_HEIGHT;
    if (start < now.current) move(start);
    else if (start + ROW_HEIGHT > now.current + view) move(start + ROW_HEIGHT - view);
  }

  return { box, height, top, view, onScroll, show };
}
