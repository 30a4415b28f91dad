/** Labels and fields of the entries with counts of their values; a press filters. */
import { useMemo, useState } from 'react';
import { isMissing } from '../../api/errors';
import type { LabelSet } from '../../api/types';
import { Icon } from '../../components/icons';
import { Button } from '../../components/ui';
import { formatDuration } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { parseValue } from '../shape';
import { useActions } from './actions';
import { type Span, useDetectedLabels, useFields, useVector } from './api';
import type { Entry } from './entries';
import { countQuery, type FieldSource, logPart, selectorOf } from './query';

const MAX_VALUES = 10;
/** Lines that names are read from where the server does not detect them. */
const MAX_READ = 2000;

interface FacetProps {
  query: string;
  range: Span;
  attempt: number;
  name: string;
  cardinality: number;
  source: FieldSource;
  parsers?: string[] | null;
  initiallyOpen: boolean;
}

function Values({ query, range, attempt, name, source, parsers }: FacetProps) {
  const actions = useActions();
  const seconds = Math.max(1000, Math.round((range.end - range.start) / 1000) * 1000);
  const counts = useVector(
    countQuery(query, name, formatDuration(seconds), MAX_VALUES, parsers),
    range.end,
    attempt,
  );
  if (counts.error) return <p className="logs-facet-note">{(counts.error as Error).message}</p>;
  if (!counts.data) return <p className="logs-facet-note">Counting…</p>;
  const rows = (counts.data.resultType === 'vector' ? counts.data.result : [])
    .map((item) => ({ value: item.metric[name] ?? '', count: parseValue(item.value?.[1] ?? '0') }))
    .sort((a, b) => b.count - a.count);
  const most = rows[0]?.count ?? 1;
  if (rows.length === 0) return <p className="logs-facet-note">No entries.</p>;
  return (
    <ul className="logs-facet-values">
      {rows.map((row) => (
        <li key={row.value}>
          <button
            type="button"
            className="logs-facet-value"
            title={`Filter for ${name}="${row.value}"`}
            onClick={() => actions.filter({ source, name, value: row.value, exclude: false, parsers })}
          >
            <i style={{ width: `${(row.count / most) * 100}%` }} />
            <span>{row.value || '(none)'}</span>
            <b>{formatValue(row.count, 'none', 3)}</b>
          </button>
          <Button
            icon="minus"
            look="ghost"
            label={`Exclude ${row.value || 'none'}`}
            onClick={() => actions.filter({ source, name, value: row.value, exclude: true, parsers })}
          />
        </li>
      ))}
    </ul>
  );
}

function Facet(props: FacetProps) {
  const [open, setOpen] = useState(props.initiallyOpen);
  return (
    <div className="logs-facet">
      <button type="button" className="logs-facet-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="down" size={11} />
        <span>{props.name}</span>
        <b title="Distinct values">{formatValue(props.cardinality, 'none', 3)}</b>
      </button>
      {open && <Values {...props} />}
    </div>
  );
}

/** Ids differ in every entry: they come last. */
const rank = (cardinality: number) => (cardinality > 1000 ? 1 : 0);

/** Names and distinct values of the loaded lines: for servers that do not detect fields. */
export function loadedFacets(entries: Entry[], sets: (entry: Entry) => LabelSet[]) {
  const values = new Map<string, Set<string>>();
  for (const entry of entries.slice(0, MAX_READ))
    for (const set of sets(entry))
      for (const [name, value] of Object.entries(set))
        values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values].map(([label, all]) => ({ label, cardinality: all.size }));
}

export function Facets({
  query,
  range,
  attempt,
  entries,
}: {
  query: string;
  range: Span;
  attempt: number;
  entries: Entry[];
}) {
  const log = logPart(query);
  const labels = useDetectedLabels(selectorOf(query), range, true);
  const fields = useFields(log, range, true);
  const noLabels = isMissing(labels.error);
  const noFields = isMissing(fields.error);
  const shownLabels = useMemo(
    () => (noLabels ? loadedFacets(entries, (e) => [e.labels]) : (labels.data ?? [])),
    [noLabels, entries, labels.data],
  );
  const shownFields = useMemo(
    () =>
      noFields
        ? [
            ...loadedFacets(entries, (e) => [e.metadata]).map((f) => ({ ...f, parsers: null })),
            ...loadedFacets(entries, (e) => [e.parsed]).map((f) => ({ ...f, parsers: [] as string[] })),
          ]
        : (fields.data ?? []),
    [noFields, entries, fields.data],
  );
  const taken = new Set(shownLabels.map((l) => l.label));
  const own = shownFields.filter((f) => !taken.has(f.label));
  const common = { query, range, attempt };
  const error = (noLabels ? null : labels.error) ?? (noFields ? null : fields.error);
  return (
    <aside className="logs-facets" aria-label="Facets">
      {error && <p className="logs-facet-note">{(error as Error).message}</p>}
      <h3>Labels</h3>
      {shownLabels.map((l) => (
        <Facet
          key={l.label}
          {...common}
          name={l.label}
          cardinality={l.cardinality}
          source="label"
          initiallyOpen={false}
        />
      ))}
      {shownLabels.length === 0 && !labels.isLoading && <p className="logs-facet-note">No labels.</p>}
      <h3>Fields</h3>
      {[...own]
        .sort((a, b) => rank(a.cardinality) - rank(b.cardinality))
        .map((f) => (
          <Facet
            key={f.label}
            {...common}
            name={f.label}
            cardinality={f.cardinality}
            source={f.parsers ? 'parsed' : 'metadata'}
            parsers={f.parsers}
            initiallyOpen={f.label === 'detected_level'}
          />
        ))}
      {own.length === 0 && !fields.isLoading && <p className="logs-facet-note">No fields.</p>}
    </aside>
  );
}
