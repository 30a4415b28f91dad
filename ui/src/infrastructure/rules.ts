/** Rules of entities, and the file of merges, categories and names. */

export interface EntityRule {
  name: string;
  where: string;
  series: number;
  applied: number;
  problem?: string;
}

export type Section = 'names' | 'categories' | 'merges';

export interface EditedRules {
  file: string;
  version: string;
  entries: { section: Section; line: number; kind: string; match: string; as: string }[];
  text: string;
}

export const SECTIONS: Record<Section, { entry: string; result: string }> = {
  names: { entry: 'Name', result: 'New name' },
  categories: { entry: 'Category', result: 'Category' },
  merges: { entry: 'Merge', result: 'Common name' },
};

/** An RE2 expression that matches only this name. */
export const quoteExpression = (name: string): string => name.trim().replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** An expression of two names; equal names are one. */
export const mergeOf = (first: string, second: string): string =>
  [...new Set([first, second].map(quoteExpression))].join('|');
