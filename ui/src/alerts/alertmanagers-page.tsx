import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import { Icon } from '../components/icons';
import { CopyButton, Empty, Loading, Notice } from '../components/ui';
import { utcTime } from '../lib/store';
import {
  count,
  type Delivery,
  droppedCount,
  droppedText,
  HEALTH_NAMES,
  healthOf,
  sortDeliveries,
  timesText,
} from './deliveries';
import { useDeliveries } from './deliveries-query';
import { Frame } from './parts';

interface Managers {
  activeAlertmanagers: { url: string }[] | null;
  droppedAlertmanagers: { url: string }[] | null;
}

function List({ title, hint, children }: { title: string; hint: ReactNode; children: ReactNode }) {
  return (
    <section className="card table-card manager-list">
      <header className="table-title">
        <h2>{title}</h2>
        <p className="muted">{hint}</p>
      </header>
      <ul>{children}</ul>
    </section>
  );
}

function Address({ url }: { url: string }) {
  return (
    <li>
      <span className="mono-text">{url}</span>
      <CopyButton text={url} label="Copy the address" />
    </li>
  );
}

/** A queue keeps each state of an alert until a newer one takes its place in a request. */
const WAITING = 'A firing alert is sent repeatedly and may be queued more than once';

function DeliveryRow({ delivery, now }: { delivery: Delivery; now: number }) {
  const utc = utcTime.use();
  const health = healthOf(delivery);
  const dropped = droppedText(delivery);
  return (
    <article className={`target target-${health} manager`}>
      <span className={`badge badge-${health}`}>{HEALTH_NAMES[health]}</span>
      <div className="target-main">
        <span className="manager-url">
          <span className="target-url mono-text">{delivery.url}</span>
          <CopyButton text={delivery.url} label="Copy the address" />
        </span>
        {delivery.failingSince && delivery.lastError && (
          <p className="target-error">
            <Icon name="error" size={14} />
            <span>{delivery.lastError}</span>
            <CopyButton text={delivery.lastError} label="Copy the error" />
          </p>
        )}
        <p className="manager-times muted">{timesText(delivery, now, utc).join(' · ')}</p>
        {dropped && (
          <p className="manager-times manager-dropped">
            {dropped}. The Alertmanager did not receive {droppedCount(delivery) === 1 ? 'it' : 'them'}.
          </p>
        )}
      </div>
      <div className="target-figures">
        <span title={WAITING}>{count(delivery.waiting)} queued</span>
        <span className="muted" title="Since this Alertmanager was discovered">
          {count(delivery.sent)} sent · {count(droppedCount(delivery))} dropped
        </span>
      </div>
    </article>
  );
}

/** Link to Prometheus's counters, for servers without `status/alertmanagers`. */
function Counted() {
  const expr = 'rate(prometheus_notifications_errors_total[5m])';
  return (
    <>
      {' '}
      This server has no delivery status:{' '}
      <Link to="/query" search={{ 'g0.expr': expr, 'g0.tab': 'graph' } as never}>
        its metrics
      </Link>{' '}
      count failed deliveries
    </>
  );
}

function useManagers() {
  return useQuery({
    queryKey: ['alertmanagers'],
    queryFn: ({ signal }) => call<Managers>('alertmanagers', {}, signal),
    refetchInterval: (q) => (isMissing(q.state.error) ? false : 10_000),
    placeholderData: keepPreviousData,
  });
}

/** Where alerts are sent, and how that goes. */
export function AlertmanagersPage() {
  const query = useManagers();
  const status = useDeliveries();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const missing = isMissing(query.error);
  const error = missing ? null : (query.error ?? (isMissing(status.error) ? null : status.error));
  const deliveries = status.data ? sortDeliveries(status.data.data.alertmanagers) : null;
  const active = query.data?.data.activeAlertmanagers?.map((m) => m.url) ?? [];
  const dropped = query.data?.data.droppedAlertmanagers?.map((m) => m.url) ?? [];
  const used = deliveries?.length ?? active.length;
  const failing = deliveries?.filter((d) => d.failingSince).length ?? 0;
  return (
    <Frame title="Delivery" lead="Alertmanagers that receive alerts">
      {error && <ErrorNotice error={error} />}
      {query.isPending && <Loading label="Loading Alertmanagers" />}
      {(missing || (query.data && used + dropped.length === 0)) && (
        <Empty
          icon="alerts"
          title="No Alertmanager configured"
          actions={
            <Link to="/status/$tab" params={{ tab: 'config' }} className="button button-plain">
              View configuration
            </Link>
          }
        >
          Alerts are evaluated but not sent. Add <code>alerting.alertmanagers</code> to the configuration, or
          start the server with <code>--alertmanager.config.file</code>.
        </Empty>
      )}
      {failing > 0 && failing === used && (
        <Notice kind="error" title="Alerts are not being delivered">
          Deliveries to {used === 1 ? 'the only Alertmanager' : `all ${used} Alertmanagers`} are failing.
          Queued alerts are retried until they expire.
        </Notice>
      )}
      {deliveries && deliveries.length > 0 && (
        <section className="managers">
          <header className="pool">
            <h2>In use</h2>
            <span className={failing > 0 ? 'pool-bad' : 'muted'}>
              {failing > 0 ? `${failing} of ${used} failing` : 'every alert is sent to all of them'}
            </span>
          </header>
          {deliveries.map((d, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an address may be configured twice.
            <DeliveryRow key={`${d.url} ${i}`} delivery={d} now={now} />
          ))}
        </section>
      )}
      {!deliveries && !status.isPending && active.length > 0 && (
        <List
          title="In use"
          hint={<>Every alert is sent to all of them.{isMissing(status.error) && <Counted />}</>}
        >
          {active.map((url) => (
            <Address key={url} url={url} />
          ))}
        </List>
      )}
      {dropped.length > 0 && (
        <List title="Dropped" hint="Discovered but dropped by relabel_configs">
          {dropped.map((url) => (
            <Address key={url} url={url} />
          ))}
        </List>
      )}
    </Frame>
  );
}
