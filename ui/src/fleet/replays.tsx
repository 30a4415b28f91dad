/** Table of replays of archived telemetry. */
import { Moment } from '../components/moment';
import type { Replay } from './api';

const BADGE: Record<Replay['state'], string> = {
  waiting: 'warn',
  running: 'histogram',
  completed: 'ok',
  failed: 'err',
  invalid: 'err',
};

export function Replays({ replays }: { replays: Replay[] }) {
  return (
    <section className="card table-wrap" aria-label="Replays">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Replay</th>
            <th scope="col">State</th>
            <th scope="col">Time range</th>
            <th scope="col">Source and destination</th>
            <th scope="col" className="num">
              Items delivered
            </th>
            <th scope="col">Started</th>
            <th scope="col">Ended</th>
          </tr>
        </thead>
        <tbody>
          {replays.map((one) => (
            <tr key={`${one.hub} ${one.name}`}>
              <th scope="row">
                {one.name} {one.hub && <span className="muted">{one.hub}</span>}
              </th>
              <td>
                <span className={`badge badge-${BADGE[one.state]}`}>{one.state}</span>
                {one.error && <div className="fleet-why">{one.error}</div>}
                {one.hint && <div className="muted">{one.hint}</div>}
              </td>
              <td>
                {one.from && (
                  <>
                    {one.signal} {one.from} to {one.to}
                  </>
                )}
              </td>
              <td className="mono-text">
                <div>{one.source}</div>
                <div>{one.destination}</div>
              </td>
              <td className="num">{one.items?.toLocaleString('en')}</td>
              <td>{one.startedMillis ? <Moment ms={one.startedMillis} /> : null}</td>
              <td>{one.endedMillis ? <Moment ms={one.endedMillis} /> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
