// Small pieces that all views are made of.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ButtonProps {
  children: ComponentChildren;
  onClick?: () => void;
  kind?: "main" | "quiet" | "plain";
  type?: "button" | "submit";
  disabled?: boolean;
  pressed?: boolean;
  label?: string;
}

export function Button({ children, onClick, kind = "plain", type = "button", disabled, pressed, label }: ButtonProps) {
  return (
    <button type={type} class={`button ${kind}`} onClick={onClick} disabled={disabled} aria-pressed={pressed} aria-label={label}>
      {children}
    </button>
  );
}

export function Problem({ children }: { children: ComponentChildren }) {
  return <p class="problem" role="alert">{children}</p>;
}

// The heading of a step takes the focus, so that a reader of the screen hears where it is.
export function Heading({ children, quiet }: { children: ComponentChildren; quiet?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!quiet) heading.current?.focus({ preventScroll: true });
  }, []);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

export function Progress({ share, label }: { share: number; label: string }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    bar.current!.style.width = `${Math.round(share * 1000) / 10}%`;
  }, [share]);
  const percent = Math.round(share * 100);
  return (
    <div class="progress" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div ref={bar} />
    </div>
  );
}

export function save(text: string, name: string, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
