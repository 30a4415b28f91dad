/** Fleet → Git: files of the repository beside the versions here and those that run. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { Moment } from '../components/moment';
import { Button, Empty, Notice } from '../components/ui';
import { type RepositoryState, type SourceItem, useChange, useRepository } from './api';
import { FleetPage } from './frame';
import { SOURCE_STATES } from './model';

export function RepositoryPage() {
  const query = useRepository();
  const change = useChange();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const absent = query.error instanceof ApiError && query.error.status === 404;
  const pull = async () => {
    setBusy(true);
    setError(null);
    try {
      await change<RepositoryState>('repository/pull', {});
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <FleetPage
      title="Git"
      lead="Configurations in a Git repository: a change becomes a version that awaits a rollout"
      query={absent ? { data: null, error: null } : query}
      tools={
        !absent && (
          <Button icon="refresh" disabled={busy} onClick={() => void pull()}>
            {busy ? 'Pulling' : 'Pull now'}
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} />}
      {absent && (
        <Empty icon="link" title="No repository">
          Start the control plane with <code>--repository=FOLDER</code>, the folder of a Git clone. Each file{' '}
          <code>NAME.yaml</code> of its last commit is then a configuration.
        </Empty>
      )}
      {query.data && !absent && <Files of={query.data} />}
    </FleetPage>
  );
}

function Files({ of }: { of: RepositoryState }) {
  return (
    <>
      {of.error && (
        <Notice kind="error" title="The repository could not be read">
          {of.error}
        </Notice>
      )}
      <p className="muted">
        {of.commit ? (
          <>
            Commit <span className="mono-text">{of.commit.slice(0, 12)}</span>, read{' '}
            <Moment ms={of.readMillis} />
          </>
        ) : (
          'No commit has been read yet.'
        )}
      </p>
      {of.files.length === 0 ? (
        <Empty icon="rules" title="No file">
          The last commit has no file <code>NAME.yaml</code>.
        </Empty>
      ) : (
        <section className="card table-wrap" aria-label="Files">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Configuration</th>
                <th scope="col">State</th>
                <th scope="col">Commit</th>
                <th scope="col" className="num">
                  Version in Git
                </th>
                <th scope="col" className="num">
                  Latest
                </th>
                <th scope="col" className="num">
                  Rolled out
                </th>
              </tr>
            </thead>
            <tbody>
              {of.files.map((file) => {
                const state = SOURCE_STATES[file.state] ?? {
                  name: file.state,
                  badge: 'histogram',
                  meaning: '',
                };
                return (
                  <tr key={file.configuration}>
                    <th scope="row">
                      <Link
                        to="/fleet/configurations"
                        search={{ name: file.configuration, version: String(file.version || '') } as never}
                      >
                        {file.configuration}
                      </Link>
                      {file.error && <div className="fleet-why">{file.error}</div>}
                      {file.detail && <div className="muted">{file.detail}</div>}
                    </th>
                    <td>
                      <span className={`badge badge-${state.badge}`}>{state.name}</span>
                      <div className="muted">{state.meaning}</div>
                    </td>
                    <td className="mono-text">{file.commit.slice(0, 12)}</td>
                    <td className="num">{file.version || '–'}</td>
                    <td className="num">{file.latestVersion || '–'}</td>
                    <td className="num">{file.rolledOut || '–'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
      <Items title="Resources" of={of.resources ?? []} />
      <Items title="Not in Git" of={of.notInRepository ?? []} />
    </>
  );
}

/** Resources of files, or what runs without one; nothing where there are none. */
function Items({ title, of }: { title: string; of: SourceItem[] }) {
  if (of.length === 0) return null;
  return (
    <section className="card table-wrap" aria-label={title}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">Kind</th>
            <th scope="col">State</th>
            <th scope="col">File</th>
            <th scope="col">Commit</th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => {
            const state = SOURCE_STATES[one.state] ?? { name: one.state, badge: 'histogram', meaning: '' };
            return (
              <tr key={`${one.kind} ${one.name} ${one.file} ${one.detail}`}>
                <th scope="row">{one.name || '–'}</th>
                <td>{one.kind || '–'}</td>
                <td>
                  <span className={`badge badge-${state.badge}`}>{state.name}</span>
                  <div className="muted">{one.detail || state.meaning}</div>
                </td>
                <td className="mono-text">{one.file || '–'}</td>
                <td className="mono-text">{one.commit.slice(0, 12) || '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
