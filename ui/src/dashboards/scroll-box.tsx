import type { CSSProperties, ReactNode } from 'react';

/** A part of a panel that scrolls, reachable by keyboard. */
export function ScrollBox(props: {
  className: string;
  label: string;
  style?: CSSProperties;
  children: ReactNode;
}) {
  return (
    <div
      className={props.className}
      style={props.style}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
      tabIndex={0}
      role="group"
      aria-label={props.label}
    >
      {props.children}
    </div>
  );
}
