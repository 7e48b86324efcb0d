// Views that are fetched when they are first looked at.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Problem } from "./ui";

const FAILED = "This view could not be loaded. Look at your connection, and load the page again.";

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [View, setView] = useState<ComponentType<Props> | undefined>(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (View) return;
      load().then((found) => {
        loaded = found;
        setView(() => found);
      }, () => setFailed(true));
    }, []);
    if (failed) return <Problem>{FAILED}</Problem>;
    return View ? <View {...props} /> : <p class="note" aria-live="polite">Loading…</p>;
  };
}
