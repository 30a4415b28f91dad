/** Queries that lead from one answer to another. */
import type { LabelSet } from '../../api/types';
import { quoted, tokenize } from './lexer';
import { parseLog, withMatchers, writeSelector } from './query';

/** Labels that most entries have, best first: the first query shows everything. */
const FIRST_LABELS = ['service_name', 'job', 'app', 'container', 'host'];

/** Queries that may show everything, best first: senders do not agree on one label. */
export function firstQueries(names: string[]): string[] {
  const known = FIRST_LABELS.filter((one) => names.includes(one));
  return [...known, ...names.filter((name) => !known.includes(name))]
    .slice(0, FIRST_LABELS.length)
    .map((name) => `{${name}=~".+"}`);
}

const GROUPS: { scope: string; label: string; names: string[] }[] = [
  {
    scope: 'pod',
    label: 'Same pod',
    names: ['k8s_pod_name', 'pod', 'pod_name', 'container_name', 'container'],
  },
  {
    scope: 'host',
    label: 'Same host',
    names: ['host_name', 'host', 'hostname', 'k8s_node_name', 'node_name', 'node', 'instance', '_HOSTNAME'],
  },
];

export interface Scope {
  value: string;
  label: string;
  query: string;
}

const exact = (name: string, value: string) => ({ name, op: '=' as const, value });

/** Queries for the surroundings of an entry, narrow to wide. Only stream labels select streams. */
export function scopesOf(labels: LabelSet, metadata: LabelSet): Scope[] {
  const out: Scope[] = [
    {
      value: 'stream',
      label: 'Same stream',
      query: writeSelector(Object.entries(labels).map(([name, value]) => exact(name, value))),
    },
  ];
  for (const group of GROUPS) {
    const label = group.names.find((name) => labels[name]);
    const other = group.names.find((name) => metadata[name]);
    if (label)
      out.push({
        value: group.scope,
        label: group.label,
        query: writeSelector([
          ...(labels.namespace && group.scope === 'pod' ? [exact('namespace', labels.namespace)] : []),
          exact(label, labels[label] as string),
        ]),
      });
    else if (other && labels.service_name)
      out.push({
        value: group.scope,
        label: group.label,
        query: `{service_name=~".+"} | ${other}=${quoted(metadata[other] as string)}`,
      });
  }
  return out;
}

/** The log query of a metric query, narrowed to the labels of one of its series. */
export function behindPoint(query: string, labels: LabelSet): string | null {
  const parts = parseLog(query);
  if (!parts) return null;
  const log = query.slice(parts.from, parts.end);
  const known = new Set(parts.matchers.map((m) => m.name));
  let out = log;
  const stages: string[] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (name.startsWith('__') || value === '') continue;
    if (known.has(name)) {
      const others = parts.matchers.filter((m) => m.name !== name || m.op !== '=');
      out = withMatchers(out, [...others, { name, op: '=', value }]);
    } else stages.push(`| ${name}=${quoted(value)}`);
  }
  return [out, ...stages].join(' ');
}

/** The longest window of the query, ms: a point stands for the entries within it. */
export function windowOf(query: string, fallback: number): number {
  const tokens = tokenize(query);
  const sizes: Record<string, number> = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
  };
  const windows = tokens.flatMap((token, i) => {
    if (tokens[i - 1]?.text !== '[' || token.kind !== 'number') return [];
    const parts = [...token.text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
    return parts.length === 0
      ? []
      : [parts.reduce((sum, p) => sum + Number(p[1]) * (sizes[p[2] as string] ?? 0), 0)];
  });
  return windows.length === 0 ? fallback : Math.max(...windows);
}
