/** Import of Grafana's JSON, from a file or pasted. What cannot be shown is named before it is stored. */
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { Button, Dialog, Notice } from '../components/ui';
import { plural } from '../lib/units';
import { importDashboard } from './api';
import { ReportList } from './dashboard-page';
import type { Json } from './json';
import { readDashboard, reportOf, unwrap } from './read';

const MAX_BYTES = 2 * 1024 * 1024;

function parse(text: string): { raw: Json | null; error: string } {
  if (text.trim() === '') return { raw: null, error: '' };
  if (text.length > MAX_BYTES) return { raw: null, error: 'The dashboard is larger than 2 MiB, the limit.' };
  try {
    const value = JSON.parse(text) as unknown;
    const raw = unwrap(value);
    if (raw) {
      readDashboard(raw);
      return { raw, error: '' };
    }
    const newer = typeof value === 'object' && value !== null && ('elements' in value || 'spec' in value);
    return {
      raw: null,
      error: newer
        ? 'This is a dashboard of Grafana’s schema v2, which is not built yet. Export it as classic JSON.'
        : 'The JSON is not a dashboard: it has neither panels nor rows.',
    };
  } catch (e) {
    if (e instanceof RangeError) return { raw: null, error: 'The dashboard is nested too deeply.' };
    return { raw: null, error: `The text is not JSON: ${e instanceof Error ? e.message : String(e)}` };
  }
}

export function ImportDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const file = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [folder, setFolder] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { raw, error } = useMemo(() => parse(text), [text]);
  const read = useMemo(() => (raw ? readDashboard(raw) : null), [raw]);
  const report = useMemo(() => (read ? reportOf(read) : null), [read]);
  const conflict = failure instanceof ApiError && failure.kind === 'conflict';
  const store = async (overwrite: boolean) => {
    if (!raw) return;
    setBusy(true);
    setFailure(null);
    try {
      const entry = await importDashboard(text, folder.trim(), overwrite);
      onClose();
      void navigate({ to: '/dashboards/$uid', params: { uid: entry.uid } as never });
    } catch (e) {
      setFailure(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Import dashboard" open={open} onClose={onClose} wide>
      <div className="dash-import">
        <p>
          <input
            ref={file}
            type="file"
            accept=".json,application/json"
            aria-label="Dashboard file"
            onChange={(e) => {
              setFailure(null);
              const chosen = e.target.files?.[0];
              if (chosen && chosen.size > MAX_BYTES)
                setFailure(new Error(`${chosen.name} is larger than 2 MiB, the limit.`));
              else void chosen?.text().then(setText);
            }}
          />
        </p>
        <label>
          <span className="field-label">JSON of Grafana</span>
          <textarea
            className="dash-json"
            value={text}
            rows={8}
            spellCheck={false}
            onChange={(e) => {
              setFailure(null);
              setText(e.target.value);
            }}
          />
        </label>
        <label>
          <span className="field-label">Folder (optional)</span>
          <input
            className="dash-input"
            value={folder}
            maxLength={100}
            onChange={(e) => setFolder(e.target.value)}
          />
        </label>
        {error && <Notice kind="error">{error}</Notice>}
        {read && report && (
          <section aria-label="Import report">
            <p>
              <b>{read.title}</b>: {plural(report.panels, 'panel')},{' '}
              {plural(read.variables.length, 'variable')}
            </p>
            {report.notes.length === 0 ? (
              <Notice kind="info">All panels and options are shown.</Notice>
            ) : (
              <>
                <Notice kind="warning" title="Not shown">
                  The file is stored whole; an export has these parts again.
                </Notice>
                <div className="dash-import-notes">
                  <ReportList notes={report.notes} />
                </div>
              </>
            )}
          </section>
        )}
        {failure !== null && <ErrorNotice error={failure} />}
        <div className="dialog-actions">
          {conflict && (
            <Button look="danger" disabled={busy} onClick={() => void store(true)}>
              Replace it
            </Button>
          )}
          <Button look="primary" disabled={!raw || busy} onClick={() => void store(false)}>
            Import
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
