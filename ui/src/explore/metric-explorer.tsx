import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { useMetadata, useMetricNames } from '../api/queries';
import type { InstantResult } from '../api/types';
import { Button, Dialog, Empty, Loading, SearchField } from '../components/ui';
import { quote } from '../lib/labels';
import { nearest } from '../lib/nearest';
import { describe, type Metric, searchMetrics, suggestions, TYPES, type TypeFilter } from './metric-search';

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
  const near = useMemo(
    () => (found.length === 0 && text.trim() !== '' ? nearest(names.data?.data ?? [], text.trim()) : []),
    [found, names.data, text],
  );
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
      {names.isPending && open && <Loading label="Loading metric names" />}
      {names.error && <ErrorNotice error={names.error} />}
      {names.data && found.length === 0 && (
        <Empty icon="search" title={metrics.length === 0 ? 'No metrics yet' : 'No metric matches'}>
          {metrics.length === 0
            ? 'Metrics appear here after the first scrape.'
            : near.length > 0
              ? 'Did you mean '
              : 'No metric has these words in its name or help text.'}
          {metrics.length > 0 &&
            near.map((name) => (
              <button key={name} type="button" className="suggestion-inline" onClick={() => setText(name)}>
                <code>{name}</code>
              </button>
            ))}
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
