import { createContext, useContext } from 'react';
import type { Entry } from './entries';
import type { FieldFilter } from './query';

/** What rows, details and facets do to the page. */
export interface LogActions {
  filter: (filter: FieldFilter) => void;
  toggleColumn: (name: string) => void;
  showContext: (entry: Entry) => void;
  /** Address of one entry. */
  link: (entry: Entry) => string;
  columns: string[];
}

const Context = createContext<LogActions | null>(null);

export const ActionsProvider = Context.Provider;

export function useActions(): LogActions {
  const actions = useContext(Context);
  if (!actions) throw new Error('useActions is called outside of ActionsProvider');
  return actions;
}
