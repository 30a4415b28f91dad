import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import { CopyButton, Empty, Loading } from '../components/ui';
import { Frame } from './parts';

interface Managers {
  activeAlertmanagers: { url: string }[] | null;
  droppedAlertmanagers: { url: string }[] | null;
}

function List({ title, hint, urls }: { title: string; hint: string; urls: string[] }) {
  if (urls.length === 0) return null;
  return (
    <section className="card table-card manager-list">
      <header className="table-title">
        <h2>{title}</h2>
        <p className="muted">{hint}</p>
      </header>
      <ul>
        {urls.map((url) => (
          <li key={url}>
            <span className="mono-text">{url}</span>
            <CopyButton text={url} label="Copy the address" />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Where alerts are sent. */
export function AlertmanagersPage() {
  const query = useQuery({
    queryKey: ['alertmanagers'],
    queryFn: ({ signal }) => call<Managers>('alertmanagers', {}, signal),
    refetchInterval: (q) => (q.state.error ? false : 30_000),
    placeholderData: keepPreviousData,
  });
  const missing = isMissing(query.error);
  const active = query.data?.data.activeAlertmanagers?.map((m) => m.url) ?? [];
  const dropped = query.data?.data.droppedAlertmanagers?.map((m) => m.url) ?? [];
  return (
    <Frame title="Alerts" lead="Where alerts are sent">
      {query.error && !missing && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Asking for Alertmanagers" />}
      {(missing || (query.data && active.length + dropped.length === 0)) && (
        <Empty
          icon="alerts"
          title="Alerts are sent nowhere"
          actions={
            <Link to="/status/$tab" params={{ tab: 'config' }} className="button button-plain">
              See the configuration
            </Link>
          }
        >
          No Alertmanager is configured or discovered: alerts are shown here and can be queried as{' '}
          <code>ALERTS</code>, but nobody is told.
        </Empty>
      )}
      <List title="In use" hint="Every alert is sent to all of them" urls={active} />
      <List
        title="Dropped"
        hint="Discovered, then dropped by alert_relabel_configs or relabel_configs"
        urls={dropped}
      />
    </Frame>
  );
}
