import { persistent } from '../lib/store';

export const MAX_HISTORY = 60;
const MAX_LENGTH = 4000;

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= MAX_HISTORY && value.every((item) => typeof item === 'string');

export const queryHistory = persistent<string[]>('history', [], isList);

/** Newest first, without repeats, bounded. */
export function remember(list: string[], expr: string): string[] {
  const text = expr.trim();
  if (text === '' || text.length > MAX_LENGTH) return list;
  return [text, ...list.filter((other) => other !== text)].slice(0, MAX_HISTORY);
}
