/** What was discovered, what is read of it, and why the rest is not. */
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import type { LabelSet } from '../api/types';
import { PageTabs } from '../app/page-tabs';
import { Icon } from '../components/icons';
import { Button, Empty, LabelChips, Loading, PageHead, SearchField } from '../components/ui';
import { LabelTable } from '../targets/targets-page';
import { type LogJob, useLogTargets } from './api';
import { found, summary } from './model';
import './logs.css';

const PAGE = 50;

function Row({ discovered, children }: { discovered: LabelSet; children: React.ReactNode }) {
  return (
    <div className="discovery-row">
      <LabelTable labels={discovered} />
      <div className="discovery-target">{children}</div>
    </div>
  );
}

function Job({ job, text, initiallyOpen }: { job: LogJob; text: string; initiallyOpen: boolean }) {
  const [open, setOpen] = useState(initiallyOpen);
  const [count, setCount] = useState(PAGE);
  const rows = found(job, text);
  return (
    <section className="card discovery-pool">
      <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={15} />
        <h2>{job.name}</h2>
        <span className="muted">{summary(job)}</span>
      </button>
      {open && (
        <div className="discovery-list">
          {rows.length === 0 && (
            <p className="muted">
              {text
                ? 'No match.'
                : job.sources.length > 0
                  ? 'This job reads no files.'
                  : 'Discovery found nothing yet.'}
            </p>
          )}
          {rows.slice(0, count).map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may have the same labels.
            <Row key={i} discovered={row.discovered}>
              {row.target ? (
                <>
                  <span className="mono-text log-path">{row.target.path}</span>
                  {row.target.exclude && (
                    <span className="muted">
                      without <span className="mono-text">{row.target.exclude}</span>
                    </span>
                  )}
                  <LabelChips labels={row.target.labels} />
                  <span className={row.target.files > 0 ? 'badge badge-ok' : 'badge badge-warn'}>
                    {row.target.files === 1
                      ? '1 file'
                      : row.target.files > 0
                        ? `${row.target.files.toLocaleString('en')} files`
                        : 'no file matches'}
                  </span>
                </>
              ) : (
                <>
                  <span className="badge">not read</span>
                  <span>{row.why}</span>
                </>
              )}
            </Row>
          ))}
          {rows.length > count && (
            <Button look="ghost" onClick={() => setCount(count + PAGE)}>
              {(rows.length - count).toLocaleString('en')} more
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

export function LogDiscoveryPage() {
  const query = useLogTargets();
  const jobs = query.data?.jobs ?? [];
  const [text, setText] = useState('');
  const shown = text === '' ? jobs : jobs.filter((job) => found(job, text).length > 0);
  return (
    <div className="page">
      <PageHead title="Discovery" lead="Discovered targets and their labels after relabelling">
        <PageTabs />
      </PageHead>
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading targets" />}
      {query.data && (
        <>
          <div className="filters">
            <SearchField label="Search labels" value={text} onChange={setText} />
          </div>
          {shown.length === 0 && (
            <Empty icon="search" title={text ? 'Nothing matches' : 'No job is configured'} />
          )}
          {shown.map((job) => (
            <Job key={job.name} job={job} text={text} initiallyOpen={jobs.length <= 3} />
          ))}
        </>
      )}
    </div>
  );
}
