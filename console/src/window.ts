// The rows around the view, fetched in blocks; the old ones stay until the new ones are there.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Engine } from "./engine";
import type { Row } from "./types";

const BLOCK = 60;
const MOST_BLOCKS = 30;

export function useRows(engine: Engine, count: number, version: number, first: number, end: number) {
  const blocks = useRef(new Map<number, { version: number; rows: Row[] }>());
  const asked = useRef(new Set<string>());
  const [, redraw] = useState(0);

  useEffect(() => {
    let isGone = false;
    for (let block = Math.floor(first / BLOCK); block * BLOCK < Math.min(end, count); block++) {
      const name = `${version}/${block}`;
      if (blocks.current.get(block)?.version === version || asked.current.has(name)) continue;
      asked.current.add(name);
      void engine.rows(block * BLOCK, BLOCK).then((rows) => {
        asked.current.delete(name);
        if (isGone) return;
        blocks.current.delete(block);
        blocks.current.set(block, { version, rows });
        for (const old of [...blocks.current.keys()].slice(0, -MOST_BLOCKS)) blocks.current.delete(old);
        redraw((times) => times + 1);
      }, () => asked.current.delete(name));
    }
    return () => {
      isGone = true;
      asked.current.clear();
    };
  }, [version, first, end, count]);

  return (at: number): Row | undefined => blocks.current.get(Math.floor(at / BLOCK))?.rows[at % BLOCK];
}
