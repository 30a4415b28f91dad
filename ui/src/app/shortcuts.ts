import { useEffect, useRef } from 'react';
import { GROUPS } from './navigation';

/** The name of the key that commands are given with. */
export const COMMAND_KEY =
  typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘' : 'Ctrl';

/** One letter each, or two in a row ("g t"); never while someone types. */
const actions = new Map<string, () => void>();
let pending = '';
let pendingUntil = 0;
const CHORD_MS = 1000;

export const SHORTCUTS: { title: string; mouse?: boolean; keys: [string, string][] }[] = [
  {
    title: 'Everywhere',
    keys: [
      [`${COMMAND_KEY} k`, 'Search everything'],
      ...GROUPS.flatMap((group): [string, string][] => [
        [`g ${group.key}`, group.name],
        ...group.pages.flatMap((page): [string, string][] =>
          page.key ? [[`g ${page.key}`, page.name]] : [],
        ),
      ]),
      ['d', 'Switch theme'],
      ['?', 'Show this help'],
    ],
  },
  {
    title: 'Explore',
    keys: [
      ['/', 'Focus the query'],
      ['m', 'Browse metrics'],
      ['r', 'Run again'],
      ['n', 'Add a query'],
      ['[', 'Earlier'],
      [']', 'Later'],
      ['-', 'Zoom out'],
    ],
  },
  {
    title: 'Logs',
    keys: [
      ['↑ ↓', 'Select a line'],
      ['Enter', 'Open the line'],
      ['c', 'Surrounding lines'],
      ['w', 'Wrap lines'],
      ['v', 'List or table'],
    ],
  },
  {
    title: 'In the query',
    keys: [
      ['Enter', 'Run'],
      ['Shift Enter', 'New line'],
      ['Ctrl Space', 'Complete'],
      ['Esc', 'Leave the editor'],
    ],
  },
  {
    title: 'In a plan',
    keys: [
      ['↑ ↓', 'Walk through the steps'],
      ['← →', 'Collapse or expand a step'],
    ],
  },
  {
    title: 'On a graph',
    mouse: true,
    keys: [
      ['Drag', 'Zoom in'],
      ['Shift + drag', 'Pan'],
      ['Double click', 'Zoom out'],
      ['Click a name', 'Show only this series'],
      ['Ctrl + click a name', 'Hide this series'],
    ],
  },
];

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}

export function listenForShortcuts(): void {
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || typing(e.target)) return;
    if (document.querySelector('dialog[open]')) return;
    const chord = Date.now() < pendingUntil ? `${pending} ${e.key}` : '';
    pending = e.key;
    pendingUntil = e.key === 'g' ? Date.now() + CHORD_MS : 0;
    const action = (chord && actions.get(chord)) || actions.get(e.key);
    if (!action) return;
    e.preventDefault();
    action();
  });
}

export function useShortcut(key: string, action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    const own = () => latest.current();
    actions.set(key, own);
    return () => {
      if (actions.get(key) === own) actions.delete(key);
    };
  }, [key]);
}

/** A letter with Ctrl or ⌘, also while someone types. */
export function useCommandKey(key: string, action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      if (!(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey || e.key.toLowerCase() !== key) return;
      if (document.querySelector('dialog[open]')) return;
      e.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [key]);
}
