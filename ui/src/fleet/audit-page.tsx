/** Fleet → Audit: who changed what, when and why. */
import { useState } from 'react';
import { Moment } from '../components/moment';
import { Button, Empty, Notice, SearchField } from '../components/ui';
import { plural } from '../lib/units';
import { type AuditEntry, useAudit, type Verification, verifyAudit } from './api';
import { FleetPage } from './frame';
import { changesOf } from './model';

const PAGE = 100;

export function AuditPage() {
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const query = useAudit(text, limit);
  const [verified, setVerified] = useState<Verification | Error>();
  const entries = query.data?.data ?? [];
  const gaps = query.data?.warnings ?? [];
  const verify = () =>
    verifyAudit().then(setVerified, (e: unknown) =>
      setVerified(e instanceof Error ? e : new Error(String(e))),
    );
  return (
    <FleetPage
      title="Audit"
      lead="All changes, linked in a hash chain"
      query={query}
      tools={
        <Button icon="check" onClick={() => void verify()}>
          Verify log
        </Button>
      }
    >
      {gaps.length > 0 && (
        <Notice kind="error" title="The log is incomplete">
          {gaps.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </Notice>
      )}
      {verified && <Outcome of={verified} />}
      <div className="filters">
        <SearchField label="Search changes" value={text} onChange={setText} />
      </div>
      {entries.length === 0 ? (
        <Empty icon="history" title={text ? 'No change matches' : 'No changes yet'} />
      ) : (
        <section className="card table-wrap" aria-label="Changes">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Actor</th>
                <th scope="col">Action</th>
                <th scope="col">Target</th>
                <th scope="col">Reason</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Entry key={entry.sequence} entry={entry} />
              ))}
            </tbody>
          </table>
          {entries.length === limit && (
            <Button look="ghost" onClick={() => setLimit(limit + PAGE)}>
              Load older
            </Button>
          )}
        </section>
      )}
    </FleetPage>
  );
}

function Outcome({ of }: { of: Verification | Error }) {
  if (of instanceof Error)
    return (
      <Notice kind="error" title="Not verified">
        {of.message}
      </Notice>
    );
  return of.intact ? (
    <Notice kind="info" title="The log is intact">
      {plural(of.entries, 'entry', 'entries')}, last hash <span className="mono-text">{of.lastHash}</span>
    </Notice>
  ) : (
    <Notice kind="error" title="The log was modified">
      {of.problem}
    </Notice>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr>
        <td>
          <Moment ms={Date.parse(entry.time)} />
        </td>
        <td>{entry.actor}</td>
        <td>
          <button type="button" className="plan-link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {entry.action}
          </button>
        </td>
        <td>{entry.target}</td>
        <td>{entry.reason}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5}>
            <dl className="fleet-facts">
              {changesOf(entry).map(({ name, before, after }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd className="mono-text">
                    {before !== undefined && after !== undefined && before !== after
                      ? `${before || '""'} → ${after || '""'}`
                      : (after ?? `${before || '""'} → –`)}
                  </dd>
                </div>
              ))}
              <div>
                <dt>hash</dt>
                <dd className="mono-text">{entry.hash}</dd>
              </div>
            </dl>
          </td>
        </tr>
      )}
    </>
  );
}
