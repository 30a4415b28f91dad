/** What became of an alert, in the order of time. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import type { LabelSet } from '../api/types';
import { Moment } from '../components/moment';
import { Loading, Select } from '../components/ui';
import { type AlertEvent, eventsQuery, readEvents } from './events';

const MOST = 200;
export const RANGES = [
  { value: '6h', label: '6 hours' },
  { value: '1d', label: '1 day' },
  { value: '1w', label: '1 week' },
  { value: '30d', label: '30 days' },
];
const COLOURS: Record<string, string> = {
  firing: 'err',
  failed: 'err',
  resolved: 'ok',
  notified: 'ok',
  inactive: 'ok',
};

interface Matrix {
  result: { metric: LabelSet; values?: [number, string][] }[];
}

/** A history as it is read, whoever keeps it. */
export function TimelineList({ events }: { events: AlertEvent[] }) {
  return (
    <ol className="timeline-list">
      {events.map((one) => (
        <li key={`${one.at} ${one.event} ${one.by}`}>
          <Moment ms={one.at} className="muted" />
          <span className={`badge badge-${COLOURS[one.event] ?? 'pending'}`}>{one.event}</span>
          <span className="muted">{one.by}</span>
        </li>
      ))}
    </ol>
  );
}

export function Timeline({ labels }: { labels: LabelSet }) {
  const [range, setRange] = useState('1d');
  const events = useQuery({
    queryKey: ['alert-events', labels, range],
    queryFn: ({ signal }) => call<Matrix>('query', { query: eventsQuery(labels, range) }, signal),
    refetchInterval: 30_000,
  });
  const all = readEvents(events.data?.data.result ?? [], MOST);
  return (
    <div className="timeline">
      <Select label="History of" value={range} choices={RANGES} onChange={setRange} />
      {events.isPending && <Loading label="Loading history" />}
      {events.error && <ErrorNotice error={events.error} />}
      {events.data && all.length === 0 && <p className="muted">No changes in this time range.</p>}
      <TimelineList events={all} />
    </div>
  );
}
