import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { useMetadata, useMetricNames } from '../api/queries';
import type { InstantResult, Metadata, MetadataEntry } from '../api/types';
import { Button, Dialog, Empty, Loading, SearchField } from '../components/ui';
import { metricSelector, quote } from '../lib/labels';

interface Metric {
  name: string;
  type: string;
  help: string;
}

const TYPES = ['all', 'counter', 'gauge', 'histogram', 'summary', 'other'] as const;
type TypeFilter = (typeof TYPES)[number];

function describe(name: string, metadata: Metadata | undefined): Metric {
  const stem = name.replace(/_(bucket|count|sum)$/, '');
  const entry: MetadataEntry | undefined =
    metadata?.[name]?.[0] ?? metadata?.[stem]?.[0] ?? metadata?.[name.replace(/_total$/, '')]?.[0];
  return { name, type: entry?.type ?? 'unknown', help: entry?.help ?? '' };
}

/** Every word must occur in the name or the help; names that begin with the text come first. */
export function searchMetrics(metrics: Metric[], text: string, type: TypeFilter): Metric[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const known = ['counter', 'gauge', 'histogram', 'summary'];
  const ofType = metrics.filter(
    (m) => type === 'all' || (type === 'other' ? !known.includes(m.type) : m.type === type),
  );
  if (words.length === 0) return ofType;
  const ranked: [number, Metric][] = [];
  for (const metric of ofType) {
    const name = metric.name.toLowerCase();
    const help = metric.help.toLowerCase();
    if (!words.every((word) => name.includes(word) || help.includes(word))) continue;
    const rank = name.startsWith(words[0] as string) ? 0 : words.every((word) => name.includes(word)) ? 1 : 2;
    ranked.push([rank, metric]);
  }
  return ranked.sort((a, b) => a[0] - b[0]).map(([, metric]) => metric);
}

/** Queries that make sense of a metric of this type. */
export function suggestions(metric: Metric): { expr: string; what: string }[] {
  const selector = metricSelector(metric.name);
  const inBraces = selector.startsWith('{');
  if (metric.name.endsWith('_bucket') && metric.type === 'histogram') {
    return [
      { expr: `histogram_quantile(0.95, sum by (le) (rate(${selector}[5m])))`, what: '95th percentile' },
      { expr: `sum by (le) (rate(${selector}[5m]))`, what: 'Buckets per second, for a heatmap' },
    ];
  }
  if (metric.type === 'histogram' && !/_(count|sum)$/.test(metric.name)) {
    return [
      { expr: `histogram_quantile(0.95, sum(rate(${selector}[5m])))`, what: '95th percentile' },
      { expr: `histogram_avg(sum(rate(${selector}[5m])))`, what: 'Mean' },
      { expr: `sum(rate(${selector}[5m]))`, what: 'Heatmap' },
    ];
  }
  if (
    !inBraces &&
    /_(sum|count)$/.test(metric.name) &&
    (metric.type === 'histogram' || metric.type === 'summary')
  ) {
    const stem = metric.name.replace(/_(sum|count)$/, '');
    return [
      { expr: `rate(${stem}_sum[5m]) / rate(${stem}_count[5m])`, what: 'Mean' },
      { expr: `sum by (job) (rate(${stem}_count[5m]))`, what: 'Observations per second' },
    ];
  }
  if (metric.type === 'counter') {
    return [
      { expr: `rate(${selector}[5m])`, what: 'Per second, each series' },
      { expr: `sum by (job) (rate(${selector}[5m]))`, what: 'Per second, each job' },
      { expr: `increase(${selector}[1h])`, what: 'Growth in an hour' },
    ];
  }
  return [
    { expr: selector, what: 'Current value' },
    { expr: `sum by (job) (${selector})`, what: 'Sum of each job' },
    { expr: `max by (instance) (${selector})`, what: 'Highest of each instance' },
  ];
}

function Details({ metric, onUse }: { metric: Metric; onUse: (expr: string) => void }) {
  const match = `{__name__=${quote(metric.name)}}`;
  const labels = useQuery({
    queryKey: ['metric-labels', metric.name],
    queryFn: ({ signal }) => call<string[]>('labels', { 'match[]': match }, signal),
  });
  const count = useQuery({
    queryKey: ['metric-count', metric.name],
    queryFn: ({ signal }) => call<InstantResult>('query', { query: `count(${match})` }, signal),
  });
  const result = count.data?.data;
  const series = result?.resultType === 'vector' ? (result.result[0]?.value?.[1] ?? '0') : undefined;
  return (
    <div className="metric-details">
      <h3 className="mono-text">{metric.name}</h3>
      <p>
        <span className={`badge badge-${metric.type}`}>{metric.type}</span>{' '}
        <span className="muted">{series !== undefined && `${series} series now`}</span>
      </p>
      <p>{metric.help || 'No help text: none of its targets exposes one.'}</p>
      <p className="chips">
        {labels.data?.data
          .filter((name) => name !== '__name__')
          .map((name) => (
            <span key={name} className="chip">
              <span className="chip-value">{name}</span>
            </span>
          ))}
      </p>
      <div className="suggestions">
        {suggestions(metric).map((s) => (
          <button key={s.expr} type="button" className="suggestion" onClick={() => onUse(s.expr)}>
            <span className="suggestion-what">{s.what}</span>
            <code>{s.expr}</code>
          </button>
        ))}
      </div>
    </div>
  );
}

export function MetricExplorer({
  open,
  onClose,
  onUse,
}: {
  open: boolean;
  onClose: () => void;
  onUse: (expr: string) => void;
}) {
  const names = useMetricNames(open);
  const metadata = useMetadata();
  const [text, setText] = useState('');
  const [type, setType] = useState<TypeFilter>('all');
  const [selected, setSelected] = useState<string | null>(null);
  const metrics = useMemo(
    () => (names.data?.data ?? []).map((name) => describe(name, metadata.data?.data)),
    [names.data, metadata.data],
  );
  const found = useMemo(() => searchMetrics(metrics, text, type), [metrics, text, type]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: found.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 52,
    overscan: 10,
  });
  const chosen = found.find((m) => m.name === selected) ?? found[0];
  const step = (by: number) => {
    const at = chosen ? found.indexOf(chosen) : 0;
    const next = Math.min(found.length - 1, Math.max(0, at + by));
    setSelected(found[next]?.name ?? null);
    virtual.scrollToIndex(next);
  };
  const use = (expr: string) => {
    onUse(expr);
    onClose();
  };
  return (
    <Dialog title="Metrics" open={open} onClose={onClose} wide>
      <div
        className="explorer-search"
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown') step(1);
          else if (e.key === 'ArrowUp') step(-1);
          else if (e.key === 'Enter' && chosen && e.target instanceof HTMLInputElement)
            use(suggestions(chosen)[0]?.expr ?? chosen.name);
          else return;
          e.preventDefault();
        }}
      >
        <SearchField label="Search metrics by name or help" value={text} onChange={setText} autoFocus />
        <div className="pills">
          {TYPES.map((t) => (
            <button
              key={t}
              type="button"
              className="pill"
              aria-pressed={t === type}
              onClick={() => setType(t)}
            >
              {t}
            </button>
          ))}
        </div>
      </div>
      {names.isPending && open && <Loading label="Reading metric names" />}
      {names.error && <ErrorNotice error={names.error} />}
      {names.data && found.length === 0 && (
        <Empty icon="search" title={metrics.length === 0 ? 'No metrics yet' : 'No metric matches'}>
          {metrics.length === 0
            ? 'They appear as soon as the first target was scraped.'
            : 'Try fewer or other words; the help texts are searched too.'}
        </Empty>
      )}
      {found.length > 0 && (
        <div className="explorer-body">
          <div className="explorer-list" ref={scroller}>
            <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
              {virtual.getVirtualItems().map((item) => {
                const metric = found[item.index] as Metric;
                return (
                  <button
                    key={metric.name}
                    type="button"
                    className="explorer-item"
                    aria-current={metric === chosen}
                    style={{ transform: `translateY(${item.start}px)`, height: item.size }}
                    onClick={() => setSelected(metric.name)}
                    onDoubleClick={() => use(suggestions(metric)[0]?.expr ?? metric.name)}
                  >
                    <span className="explorer-name">
                      {metric.name}
                      {metric.type !== 'unknown' && (
                        <span className={`badge badge-${metric.type}`}>{metric.type}</span>
                      )}
                    </span>
                    <span className="explorer-help">{metric.help || '–'}</span>
                  </button>
                );
              })}
            </div>
          </div>
          {chosen && <Details metric={chosen} onUse={use} />}
        </div>
      )}
      <footer className="dialog-foot muted">
        {found.length.toLocaleString('en')} metrics
        <Button look="ghost" onClick={onClose}>
          Close
        </Button>
      </footer>
    </Dialog>
  );
}
