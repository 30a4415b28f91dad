import { useSyncExternalStore } from 'react';
import { themeChoice } from '../lib/store';

const dark = matchMedia('(prefers-color-scheme: dark)');

const current = (): 'light' | 'dark' => {
  const choice = themeChoice.get();
  return choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
};

const listeners = new Set<() => void>();

/** Writes the theme to the document before anything is drawn, and on every change. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = current();
  for (const listener of listeners) listener();
}

dark.addEventListener('change', applyTheme);

export function toggleTheme(): void {
  const next = current() === 'dark' ? 'light' : 'dark';
  // Back to what the system says when both agree, so that it is followed again.
  themeChoice.set(next === (dark.matches ? 'dark' : 'light') ? 'system' : next);
  applyTheme();
}

export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
