/** Traces of uploaded files. They stay in this browser tab and are gone when it is closed. */
import { useSyncExternalStore } from 'react';
import type { Format } from './file';
import type { Trace } from './model';

export interface LocalFile {
  name: string;
  format: Format;
  traces: Trace[];
}

let current: LocalFile | null = null;
const listeners = new Set<() => void>();

export function setLocalFile(file: LocalFile): void {
  current = file;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLocalFile = (): LocalFile | null => useSyncExternalStore(subscribe, () => current);
