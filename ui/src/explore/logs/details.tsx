/** What an entry carries: its labels, its structured metadata, its parsed fields, the whole line. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { call } from '../../api/client';
import type { LabelSet } from '../../api/types';
import { Button, CopyButton } from '../../components/ui';
import { quote } from '../../lib/labels';
import { formatDuration, formatMoment } from '../../lib/time';
import { useActions } from './actions';
import { stripAnsi } from './ansi';
import { sharedLabels } from './api';
import type { Entry } from './entries';
import { lineFields, traceIdOf } from './fields';
import { WholeLine } from './line-text';
import type { FieldSource } from './query';

const METRICS_SPAN = 1_800_000;

function FieldList(props: { title: string; source: FieldSource; fields: LabelSet; parsers?: string[] }) {
  const actions = useActions();
  const names = Object.keys(props.fields).sort();
  if (names.length === 0) return null;
  const filter = (name: string, exclude: boolean) =>
    actions.filter({
      source: props.source,
      name,
      value: props.fields[name] as string,
      exclude,
      parsers: props.parsers,
    });
  return (
    <section className="logs-fields" aria-label={props.title}>
      <h4>{props.title}</h4>
      <dl>
        {names.map((name) => (
          <div key={name} className="logs-field-row">
            <span className="logs-field-tools">
              <Button icon="filterIn" look="ghost" label="Filter for" onClick={() => filter(name, false)} />
              <Button icon="zoomOut" look="ghost" label="Filter out" onClick={() => filter(name, true)} />
              <Button
                icon="table"
                look="ghost"
                label={actions.columns.includes(name) ? 'Remove column' : 'Add column'}
                pressed={actions.columns.includes(name)}
                onClick={() => actions.toggleColumn(name)}
              />
              <CopyButton label="Copy value" text={props.fields[name] as string} />
            </span>
            <dt>{name}</dt>
            <dd>{props.fields[name] || '""'}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Metrics with labels of the entry, around its time. */
function MetricsLink({ entry }: { entry: Entry }) {
  const known = useQuery({
    queryKey: ['metric-label-names'],
    queryFn: async ({ signal }) => (await call<string[]>('labels', {}, signal)).data,
    staleTime: 300_000,
  });
  const labels = sharedLabels({ ...entry.metadata, ...entry.labels }, known.data ?? []);
  if (Object.keys(labels).length === 0) return null;
  const selector = Object.entries(labels)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(', ');
  return (
    <Link
      to="/query"
      className="button button-plain"
      title={`Metrics with {${selector}}`}
      search={
        {
          'g0.expr': `count by (__name__) ({${selector}})`,
          'g0.tab': 'table',
          'g0.range_input': formatDuration(METRICS_SPAN),
          'g0.end_input': formatMoment(entry.ms + METRICS_SPAN / 2, true),
        } as never
      }
    >
      Related metrics
    </Link>
  );
}

export function EntryDetails({ entry, terms }: { entry: Entry; terms: RegExp[] }) {
  const actions = useActions();
  const unread = useMemo(
    () => (Object.keys(entry.parsed).length === 0 ? lineFields(stripAnsi(entry.line)) : null),
    [entry],
  );
  const trace = traceIdOf(entry, unread?.fields);
  return (
    <div className="logs-details">
      <div className="logs-details-tools">
        <Button icon="rules" onClick={() => actions.showContext(entry)}>
          Surrounding lines
        </Button>
        <MetricsLink entry={entry} />
        <span className="logs-copy">
          <CopyButton label="Copy line" text={entry.line} /> Line
        </span>
        <span className="logs-copy">
          <CopyButton label="Copy link" text={() => actions.link(entry)} /> Link
        </span>
        {trace && (
          <span className="logs-copy">
            <CopyButton label="Copy trace ID" text={trace} />
            <Link to="/explore/traces/$id" params={{ id: trace } as never}>
              Trace <code>{trace}</code>
            </Link>
          </span>
        )}
      </div>
      <WholeLine line={entry.line} terms={terms} />
      <div className="logs-field-groups">
        <FieldList title="Parsed fields" source="parsed" fields={entry.parsed} />
        {unread && (
          <FieldList
            title={unread.parser === 'json' ? 'JSON fields' : 'Logfmt fields'}
            source="parsed"
            fields={unread.fields}
            parsers={[unread.parser]}
          />
        )}
        <FieldList title="Structured metadata" source="metadata" fields={entry.metadata} />
        <FieldList title="Stream labels" source="label" fields={entry.labels} />
      </div>
    </div>
  );
}
