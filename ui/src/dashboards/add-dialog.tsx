/** Form that adds a query of Explore to a dashboard as a panel. */
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { Button, Dialog, Loading, Notice, Select } from '../components/ui';
import type { AddedPanel } from './add-to-dashboard';
import { createDashboard, type Stored, saveDashboard, useDashboards } from './api';
import './dashboards.css';
import { addPanel, emptyDashboard, newPanel } from './edit';
import { KIND_NAMES, KINDS, type PanelKind } from './model';

const NEW = '';

export function AddDialog({ panel, onClose }: { panel: AddedPanel; onClose: () => void }) {
  const list = useDashboards();
  const [uid, setUid] = useState(NEW);
  const [dashboard, setDashboard] = useState('New dashboard');
  const [title, setTitle] = useState(panel.query.replace(/\s+/g, ' ').slice(0, 80));
  const [kind, setKind] = useState<PanelKind>(panel.kind);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<{ uid: string; title: string } | null>(null);
  const add = async () => {
    setBusy(true);
    setFailure(null);
    const added = newPanel(kind, title, [panel]);
    try {
      if (uid === NEW) {
        setDone(await createDashboard(addPanel(emptyDashboard(dashboard), added).raw, ''));
      } else {
        // The version on the server, not one of the cache.
        const { data } = await call<Stored>(`dashboards/${encodeURIComponent(uid)}`);
        setDone(await saveDashboard(uid, addPanel(data.dashboard, added).raw, data.folder, data.version));
      }
    } catch (e) {
      setFailure(e);
    } finally {
      setBusy(false);
    }
  };
  if (list.error && !list.data)
    return (
      <Dialog title="Add to dashboard" open onClose={onClose}>
        <ErrorNotice error={list.error} />
      </Dialog>
    );
  if (!list.data)
    return (
      <Dialog title="Add to dashboard" open onClose={onClose}>
        <Loading label="Loading dashboards" />
      </Dialog>
    );
  return (
    <Dialog title="Add to dashboard" open onClose={onClose}>
      {done ? (
        <Notice kind="info" title="Panel added">
          <Link to="/dashboards/$uid" params={{ uid: done.uid } as never}>
            {done.title}
          </Link>
        </Notice>
      ) : (
        <div className="dash-import">
          <Select
            label="Dashboard"
            value={uid}
            choices={[
              { value: NEW, label: 'New dashboard' },
              ...list.data.dashboards
                .filter((d) => !d.readOnly)
                .map((d) => ({ value: d.uid, label: d.folder ? `${d.folder} / ${d.title}` : d.title })),
            ]}
            onChange={setUid}
          />
          {uid === NEW && (
            <label>
              <span className="field-label">Dashboard title</span>
              <input
                className="dash-input"
                maxLength={200}
                value={dashboard}
                onChange={(e) => setDashboard(e.target.value)}
              />
            </label>
          )}
          <label>
            <span className="field-label">Panel title</span>
            <input
              className="dash-input"
              maxLength={200}
              value={title}
              onChange={(e) => setTitle(e.target.value)}
            />
          </label>
          <Select
            label="Kind"
            value={kind}
            choices={KINDS.filter((k) => k !== 'text').map((k) => ({ value: k, label: KIND_NAMES[k] }))}
            onChange={setKind}
          />
          {failure !== null && <ErrorNotice error={failure} />}
          <div className="dialog-actions">
            <Button look="primary" disabled={busy} onClick={() => void add()}>
              Add panel
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
