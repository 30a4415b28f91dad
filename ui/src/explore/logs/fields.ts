/** Fields of a line that no parser of the query read: shown in the details, with the parser that gives them. */
import type { LabelSet } from '../../api/types';
import type { Entry } from './entries';

export interface LineFields {
  parser: 'json' | 'logfmt';
  fields: LabelSet;
}

const MAX_FIELDS = 100;
const MAX_LINE = 100_000;

const clean = (name: string) => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** As LogQL's json parser: nested names are joined by _, arrays are left out. */
function flatten(value: object, prefix: string, out: LabelSet): void {
  for (const [key, one] of Object.entries(value)) {
    if (Object.keys(out).length >= MAX_FIELDS) return;
    const name = prefix ? `${prefix}_${clean(key)}` : clean(key);
    if (one === null || Array.isArray(one)) continue;
    if (typeof one === 'object') flatten(one, name, out);
    else out[name] ??= String(one);
  }
}

const PAIR = /(?:^|\s)([a-zA-Z_][\w.-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)/g;

export function lineFields(line: string): LineFields | null {
  if (line.length > MAX_LINE) return null;
  const text = line.trim();
  const fields: LabelSet = {};
  if (text.startsWith('{')) {
    try {
      flatten(JSON.parse(text) as object, '', fields);
    } catch {
      return null;
    }
    return Object.keys(fields).length > 0 ? { parser: 'json', fields } : null;
  }
  for (const [, name, quotedValue, bare] of text.matchAll(PAIR)) {
    if (Object.keys(fields).length >= MAX_FIELDS) break;
    fields[clean(name as string)] ??= quotedValue?.replace(/\\(.)/g, '$1') ?? bare ?? '';
  }
  return Object.keys(fields).length > 1 ? { parser: 'logfmt', fields } : null;
}

/** Ids of traces are hexadecimal, 16 or 32 digits. */
export function traceIdOf(entry: Entry, more: LabelSet = {}): string | null {
  for (const name of ['trace_id', 'traceID', 'traceId', 'traceid', 'TraceId']) {
    const value = entry.metadata[name] ?? entry.parsed[name] ?? entry.labels[name] ?? more[clean(name)];
    if (value && /^[0-9a-f]{16,32}$/i.test(value)) return value;
  }
  return null;
}
