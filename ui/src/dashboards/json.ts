/** Reading of untyped JSON. A member of another type reads as if it were missing. */

export type Json = Record<string, unknown>;

export const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
export const object = (v: unknown): Json => (isObject(v) ? v : {});
export const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
export const objects = (v: unknown): Json[] => list(v).filter(isObject);
export const text = (v: unknown, fallback = ''): string =>
  typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : fallback;
export const texts = (v: unknown): string[] =>
  list(v).filter((one): one is string => typeof one === 'string');
export const flag = (v: unknown): boolean => v === true;

/** A number, also one that is written as text: editors of Grafana stored both. */
export function number(v: unknown): number | null {
  const n = typeof v === 'number' ? v : typeof v === 'string' && v.trim() !== '' ? Number(v) : Number.NaN;
  return Number.isFinite(n) ? n : null;
}

/** The member at a path such as `fieldConfig.defaults`. */
export function at(v: unknown, path: string): unknown {
  let here: unknown = v;
  for (const name of path.split('.')) here = object(here)[name];
  return here;
}

/** A copy with the member at a path set; undefined removes it. */
export function set(of: Json, path: string, value: unknown): Json {
  const dot = path.indexOf('.');
  const name = dot < 0 ? path : path.slice(0, dot);
  if (dot >= 0) return { ...of, [name]: set(object(of[name]), path.slice(dot + 1), value) };
  if (value !== undefined) return { ...of, [name]: value };
  const { [name]: _removed, ...rest } = of;
  return rest;
}
