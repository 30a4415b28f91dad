/** Size, limits and failures of the stores of all signals. */
import { Moment } from '../components/moment';
import { Notice } from '../components/ui';
import { roughDuration } from '../lib/time';
import { count, formatValue } from '../lib/units';
import { forecasts, type Store, storeStatus } from './storage';

const bytes = (n: number) => formatValue(n, 'bytes', 3);
const BADGES = { ok: 'ok', warning: 'warn', failing: 'err' } as const;

function limits(store: Store): string {
  const limits = [
    store.retentionMillis > 0 ? roughDuration(store.retentionMillis) : '',
    store.retentionBytes > 0 ? bytes(store.retentionBytes) : '',
  ].filter(Boolean);
  return limits.join(' or ') || 'not limited';
}

function Row({ store, now }: { store: Store; now: number }) {
  const status = storeStatus(store, now);
  return (
    <tr>
      <td>
        {store.name}
        <div className="muted mono-text">{store.folder}</div>
      </td>
      <td>
        <span className={`badge badge-${BADGES[status]}`}>{status}</span>
      </td>
      <td className="num">
        {bytes(store.bytes)}
        <div className="muted">+ {bytes(store.logBytes)} log</div>
      </td>
      <td className="num">
        {store.diskFreeBytes === undefined ? 'unknown' : bytes(store.diskFreeBytes)}
        {store.diskBytes !== undefined && <div className="muted">of {bytes(store.diskBytes)}</div>}
      </td>
      <td>{limits(store)}</td>
      <td className="num">{count(store.refused)}</td>
      <td className="num">{count(store.failedWrites)}</td>
      <td>
        {forecasts(store, now).map(({ what, at }) => (
          <div key={what}>
            {what} {at <= now ? 'now' : <Moment ms={at} />}
          </div>
        ))}
      </td>
    </tr>
  );
}

export function Stores({ stores }: { stores: Store[] }) {
  const now = Date.now();
  if (stores.length === 0) return null;
  return (
    <>
      {stores
        .filter((store) => store.problem !== undefined)
        .map((store) => (
          <Notice
            key={store.name}
            kind={store.acceptsData ? 'warning' : 'error'}
            title={
              store.acceptsData ? `Writes to the ${store.name} are failing` : `The ${store.name} rejects data`
            }
          >
            {store.problem} (since <Moment ms={store.problemSince ?? Number.NaN} />)
          </Notice>
        ))}
      <section className="card stores">
        <h2>Stores</h2>
        <table className="table">
          <thead>
            <tr>
              <th>Store</th>
              <th>Status</th>
              <th className="num">On disk</th>
              <th className="num">Disk free</th>
              <th>Retention</th>
              <th className="num" title="Appends rejected since the start because of a limit or a full disk">
                Rejected
              </th>
              <th className="num" title="Failed disk writes since the start">
                Failed writes
              </th>
              <th title="Based on the growth of the last hour">Full</th>
            </tr>
          </thead>
          <tbody>
            {stores.map((store) => (
              <Row key={store.name} store={store} now={now} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
