/** What did not arrive, and why. */
import { ErrorNotice } from '../api/errors';
import { Empty, LabelChips, Loading, PageHead } from '../components/ui';
import { formatValue } from '../lib/units';
import { type Loss, useLosses } from './api';
import { losses } from './model';
import './logs.css';

function Table({ title, about, list }: { title: string; about: string; list: Loss[] }) {
  if (list.length === 0) return null;
  return (
    <section className="card table-card log-losses">
      <div className="table-title">
        <h2>{title}</h2>
        <p className="muted">{about}</p>
      </div>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th>Why</th>
              <th>Where</th>
              <th className="num">Amount</th>
              <th>Metric</th>
            </tr>
          </thead>
          <tbody>
            {list.map((loss, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list is drawn anew as a whole.
              <tr key={i}>
                <td>
                  {loss.why}
                  {loss.reason && loss.reason !== loss.why && (
                    <span className="muted mono-text log-reason">{loss.reason}</span>
                  )}
                </td>
                <td>
                  <LabelChips labels={loss.labels} />
                </td>
                <td className="num mono-text">
                  {loss.unit === 'bytes'
                    ? formatValue(loss.count, 'bytes', 3)
                    : `${loss.count.toLocaleString('en')} ${loss.count === 1 ? loss.unit.replace(/ies$/, 'y').replace(/s$/, '') : loss.unit}`}
                </td>
                <td className="mono-text muted">{loss.metric}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function LossesPage() {
  const query = useLosses();
  const groups = query.data ? losses(query.data) : null;
  return (
    <div className="page">
      <PageHead title="Dropped" lead="Losses since start, by reason" />
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading losses" />}
      {query.data?.length === 0 && (
        <Empty icon="check" title="Nothing was dropped">
          All entries were delivered or are queued.
        </Empty>
      )}
      {groups && (
        <>
          <Table title="Lost" about="Entries lost because of errors." list={groups.lost} />
          <Table title="Cut" about="Only part of these entries was sent." list={groups.cut} />
          <Table
            title="Dropped on purpose"
            about="Dropped by a stage or a limit, or because the entry was empty."
            list={groups.meant}
          />
        </>
      )}
    </div>
  );
}
