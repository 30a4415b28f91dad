import { useSyncExternalStore } from 'react';

/** A small value that outlives a visit. Storage may be denied or full: then it lives as long as the page. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  use(): T;
}

export function persistent<T>(key: string, fallback: T, valid: (value: unknown) => value is T): Store<T> {
  const name = `tethys.${key}`;
  let value = fallback;
  try {
    const text = localStorage.getItem(name);
    const read: unknown = text === null ? fallback : JSON.parse(text);
    if (valid(read)) value = read;
  } catch {
    // Kept as the fallback.
  }
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => value;
  return {
    get,
    set(next) {
      value = next;
      try {
        localStorage.setItem(name, JSON.stringify(next));
      } catch {
        // Not kept beyond this page.
      }
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}

const oneOf =
  <T extends string>(...choices: T[]) =>
  (value: unknown): value is T =>
    choices.includes(value as T);

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

export type ThemeChoice = 'system' | 'light' | 'dark';

export const themeChoice = persistent<ThemeChoice>(
  'theme',
  'system',
  oneOf<ThemeChoice>('system', 'light', 'dark'),
);
export const utcTime = persistent<boolean>('utc', false, isBoolean);
export const sidebarOpen = persistent<boolean>('sidebar', true, isBoolean);
