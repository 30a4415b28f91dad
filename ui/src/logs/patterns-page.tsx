/** Which kinds of lines there are, by severity. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ErrorNotice } from '../api/errors';
import { Empty, Loading, PageHead, SearchField, Select } from '../components/ui';
import { usePatterns } from './api';
import { SEVERITIES, severityTotals, shownPatterns } from './model';
import './logs.css';

const MOST = 500;
const STAGE = `pipeline_stages:
  - pattern: {}`;

export function PatternsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const query = usePatterns();
  const totals = severityTotals(query.data?.severities ?? [], search.job ?? '');
  const sum = totals.reduce((all, one) => all + one.count, 0);
  const jobs = [...new Set((query.data?.severities ?? []).map((one) => one.job))].sort();
  const patterns = shownPatterns(query.data?.patterns ?? [], {
    job: search.job ?? '',
    severity: search.severity ?? '',
    text: search.search ?? '',
  });
  const largest = patterns[0]?.count ?? 1;
  const change = (next: Record<string, string>) => {
    const merged = { ...search, ...next };
    for (const [key, value] of Object.entries(merged)) if (!value) delete merged[key];
    void navigate({ to: '/patterns', search: merged as never, replace: true, resetScroll: false });
  };
  return (
    <div className="page">
      <PageHead
        title="Patterns"
        lead={
          sum > 0
            ? `${sum.toLocaleString('en')} lines seen by pattern stages since the start`
            : 'Lines by severity and by pattern'
        }
      />
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading patterns" />}
      {query.data && sum === 0 && jobs.length === 0 && (
        <Empty icon="stacked" title="No job counts patterns">
          Add this stage to a job; after multiline, if its entries have several lines:
          <span className="code-block">{STAGE}</span>
        </Empty>
      )}
      {jobs.length > 0 && (
        <>
          <ul className="log-severities" aria-label="Lines by severity">
            {totals.map((one) => (
              <li key={one.severity}>
                <button
                  type="button"
                  className={`log-severity log-${one.severity}`}
                  aria-pressed={search.severity === one.severity}
                  onClick={() => change({ severity: search.severity === one.severity ? '' : one.severity })}
                >
                  <span>{one.severity}</span>
                  <strong>{one.count.toLocaleString('en')}</strong>
                </button>
              </li>
            ))}
          </ul>
          <div className="filters">
            <SearchField
              label="Search patterns"
              value={search.search ?? ''}
              onChange={(text) => change({ search: text })}
            />
            <Select
              label="Job"
              value={search.job ?? ''}
              choices={[{ value: '', label: 'All jobs' }, ...jobs.map((job) => ({ value: job, label: job }))]}
              onChange={(job) => change({ job })}
            />
          </div>
          {patterns.length === 0 ? (
            <Empty icon="search" title="No patterns">
              {search.severity && !SEVERITIES.slice(0, 3).includes(search.severity)
                ? 'Lines of this severity are counted; to separate its patterns, add it to the severities of the stage.'
                : 'Nothing matches.'}
            </Empty>
          ) : (
            <div className="card table-card">
              <div className="table-wrap">
                <table className="table log-patterns">
                  <thead>
                    <tr>
                      <th className="num">Lines</th>
                      <th>Severity</th>
                      <th>Pattern</th>
                      <th>Job</th>
                    </tr>
                  </thead>
                  <tbody>
                    {patterns.slice(0, MOST).map((one) => (
                      <tr key={`${one.job} ${one.severity} ${one.hash}`}>
                        <td className="num mono-text">
                          {one.count.toLocaleString('en')}
                          <i className="log-share" style={{ width: `${(one.count / largest) * 100}%` }} />
                        </td>
                        <td>
                          <span className={`badge log-badge log-${one.severity}`}>{one.severity}</span>
                        </td>
                        <td>
                          <span className="mono-text log-pattern">
                            {one.hash === 'unclassified' ? (
                              <span className="muted">other patterns, beyond max_patterns</span>
                            ) : (
                              one.pattern || <span className="muted">without words</span>
                            )}
                          </span>
                          {one.hash !== 'unclassified' && <span className="muted log-hash">{one.hash}</span>}
                        </td>
                        <td>{one.job}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {patterns.length > MOST && (
                <p className="muted table-title">
                  The {MOST} most frequent of {patterns.length.toLocaleString('en')}.
                </p>
              )}
            </div>
          )}
        </>
      )}
    </div>
  );
}
