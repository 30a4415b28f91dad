/** What is read, how far, and what is behind. */

import { useNavigate, useSearch } from '@tanstack/react-router';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { useMoment } from '../components/moment';
import { Empty, LabelChips, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { formatAgo } from '../lib/time';
import { formatValue } from '../lib/units';
import { type FileInfo, type LogJob, useLogTargets } from './api';
import { progress } from './model';
import './logs.css';

const bytes = (n: number) => formatValue(n, 'bytes', 3);

function Progress({ file }: { file: FileInfo }) {
  if (file.compressed) return <span className="muted">{bytes(file.delivered)} unpacked</span>;
  const { delivered, read } = progress(file);
  return (
    <span
      className="log-progress"
      role="img"
      aria-label={`${Math.floor(delivered * 100)}% delivered`}
      title={`read ${bytes(file.read)}, delivered ${bytes(file.delivered)} of ${bytes(file.size)}`}
    >
      <i className="log-read" style={{ width: `${read * 100}%` }} />
      <i className="log-delivered" style={{ width: `${delivered * 100}%` }} />
    </span>
  );
}

function FileRow({ file, now }: { file: FileInfo; now: number }) {
  const moment = useMoment();
  return (
    <tr>
      <td>
        <span className="mono-text log-path">{file.path}</span>
        <LabelChips labels={file.labels} />
        {file.problem && <span className="log-problem">{file.problem}</span>}
      </td>
      <td>{file.job}</td>
      <td className="num mono-text">{bytes(file.size)}</td>
      <td>
        <Progress file={file} />
      </td>
      <td className="num mono-text">
        {file.behind > 0 ? <span className="log-behind">{bytes(file.behind)}</span> : '0 B'}
      </td>
      <td className="muted" title={moment(file.modified)}>
        {formatAgo(file.modified, now)}
      </td>
    </tr>
  );
}

function Sources({ jobs }: { jobs: LogJob[] }) {
  const all = jobs.flatMap((job) => job.sources.map((source) => ({ job: job.name, source })));
  if (all.length === 0) return null;
  return (
    <section className="card table-card log-sources">
      <div className="table-title">
        <h2>Other sources</h2>
      </div>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th>Job</th>
              <th>Labels</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ job, source }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: sources have no other identity.
              <tr key={i}>
                <td>{job}</td>
                <td>
                  <LabelChips labels={source.labels} />
                </td>
                <td>
                  <LabelChips labels={source.details} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function FilesPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const text = search.search ?? '';
  const query = useLogTargets(text);
  const data = query.data;
  const files = data?.files;
  const undelivered = files?.behind ?? 0;
  const nothing = data?.jobs.every((job) => job.active === 0 && job.sources.length === 0);
  return (
    <div className="page">
      <PageHead
        title="Targets"
        tab="Files"
        lead={
          files
            ? `${files.total.toLocaleString('en')} ${files.total === 1 ? 'file' : 'files'}, ${bytes(files.size)}; ${
                undelivered > 0 ? `${bytes(undelivered)} not delivered yet` : 'all delivered'
              }`
            : undefined
        }
      >
        <PageTabs />
      </PageHead>
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading sources" />}
      {files && files.failed > 0 && (
        <Notice kind="error" title={`${files.failed.toLocaleString('en')} cannot be read`}>
          They are retried when they change.
        </Notice>
      )}
      {nothing && (
        <Empty icon="targets" title="No files">
          No job has a target with a path. Discovery shows the targets and why they are not read.
        </Empty>
      )}
      {data && <Sources jobs={data.jobs} />}
      {data && files && (files.total > 0 || text !== '') && (
        <>
          <div className="filters">
            <SearchField
              label="Search files"
              placeholder="Paths, jobs, labels"
              value={text}
              onChange={(next) =>
                void navigate({
                  to: '/targets',
                  search: (next ? { search: next } : {}) as never,
                  replace: true,
                  resetScroll: false,
                })
              }
            />
            <span className="muted">
              {files.matching > files.shown.length
                ? `the ${files.shown.length.toLocaleString('en')} with the most undelivered bytes, of ${files.matching.toLocaleString('en')}`
                : `${files.matching.toLocaleString('en')} ${files.matching === 1 ? 'file' : 'files'}`}
            </span>
          </div>
          {files.shown.length === 0 ? (
            <Empty icon="search" title="No file matches" />
          ) : (
            <div className="card table-card">
              <div className="table-wrap">
                <table className="table log-files">
                  <thead>
                    <tr>
                      <th>File</th>
                      <th>Job</th>
                      <th className="num">Size</th>
                      <th>Read, delivered</th>
                      <th className="num">Behind</th>
                      <th>Written</th>
                    </tr>
                  </thead>
                  <tbody>
                    {files.shown.map((file) => (
                      <FileRow key={`${file.job} ${file.path}`} file={file} now={data.at} />
                    ))}
                  </tbody>
                </table>
              </div>
            </div>
          )}
        </>
      )}
    </div>
  );
}
