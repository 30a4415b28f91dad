import { useState } from 'react';
import { call, post } from '../api/client';
import { queryClient, useFlags } from '../api/queries';
import type { LabelSet } from '../api/types';
import { Icon } from '../components/icons';
import { Button, Dialog, Notice } from '../components/ui';
import { seriesName } from '../lib/labels';
import { utcTime } from '../lib/store';
import { formatMoment, parseMoment } from '../lib/time';

/** So many series are counted at most before a deletion is confirmed. */
const MAX_COUNTED = 10_000;
const SHOWN = 8;

interface Plan {
  select: string;
  /** ms; null is open. */
  from: number | null;
  to: number | null;
  series: LabelSet[];
}

type Outcome = { kind: 'info' | 'error'; title: string; text: string };

const failed = (title: string, e: unknown): Outcome => ({
  kind: 'error',
  title,
  text: e instanceof Error ? e.message : String(e),
});

function span(plan: Plan, utc: boolean): string {
  if (plan.from === null && plan.to === null) return 'for all time';
  if (plan.from === null) return `up to ${formatMoment(plan.to as number, utc)}`;
  if (plan.to === null) return `from ${formatMoment(plan.from, utc)} on`;
  return `from ${formatMoment(plan.from, utc)} to ${formatMoment(plan.to, utc)}`;
}

const counted = (n: number) =>
  n > MAX_COUNTED
    ? `more than ${MAX_COUNTED.toLocaleString('en')} series`
    : n === 1
      ? '1 series'
      : `${n.toLocaleString('en')} series`;

/** Deletion, snapshots and cleaning up, where the server allows it (--web.enable-admin-api). */
export function Administration() {
  const flags = useFlags().data?.data;
  const utc = utcTime.use();
  const [select, setSelect] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [plan, setPlan] = useState<Plan | null>(null);
  const [busy, setBusy] = useState('');
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  if (flags?.['web.enable-admin-api'] !== 'true') return null;

  const during = async (what: string, work: () => Promise<Outcome | null>) => {
    setBusy(what);
    setOutcome(null);
    setOutcome(await work());
    setBusy('');
  };
  const moment = (text: string) => (text.trim() === '' ? null : parseMoment(text, utc));
  const look = () =>
    during('look', async () => {
      for (const text of [from, to])
        if (text.trim() !== '' && moment(text) === null)
          return {
            kind: 'error',
            title: `“${text}” is not a time`,
            text: 'Write 2026-11-20 09:15, or leave it empty.',
          };
      const next = { select: select.trim(), from: moment(from), to: moment(to) };
      try {
        const { data } = await call<LabelSet[]>('series', {
          'match[]': next.select,
          start: next.from === null ? undefined : next.from / 1000,
          end: next.to === null ? undefined : next.to / 1000,
          limit: MAX_COUNTED + 1,
        });
        if (data.length === 0)
          return {
            kind: 'info',
            title: 'Nothing to delete',
            text: 'No series matches the selector in this time range.',
          };
        setPlan({ ...next, series: data });
        return null;
      } catch (e) {
        return failed('The series could not be looked up', e);
      }
    });
  const remove = (sure: Plan) =>
    during('delete', async () => {
      setPlan(null);
      try {
        await post('admin/tsdb/delete_series', {
          'match[]': sure.select,
          start: sure.from === null ? undefined : sure.from / 1000,
          end: sure.to === null ? undefined : sure.to / 1000,
        });
        void queryClient.invalidateQueries({
          predicate: (q) => ['tsdb', 'blocks', 'cardinality'].includes(String(q.queryKey[0])),
        });
        return {
          kind: 'info',
          title: 'Deleted',
          text: `The samples of ${counted(sure.series.length)} ${span(sure, utc)} are no longer returned. Their disk space is freed when blocks are merged, or by Clean up deletions.`,
        };
      } catch (e) {
        return failed('Nothing was deleted', e);
      }
    });
  const snapshot = () =>
    during('snapshot', async () => {
      try {
        const { data } = await post<{ name: string }>('admin/tsdb/snapshot');
        return {
          kind: 'info',
          title: 'Snapshot taken',
          text: `It is in the data folder, under snapshots/${data.name}.`,
        };
      } catch (e) {
        return failed('No snapshot was taken', e);
      }
    });
  const clean = () =>
    during('clean', async () => {
      try {
        await post('admin/tsdb/clean_tombstones');
        void queryClient.invalidateQueries({ queryKey: ['blocks'] });
        return { kind: 'info', title: 'Cleaned up', text: 'Deleted samples no longer take disk space.' };
      } catch (e) {
        return failed('Cleaning up failed', e);
      }
    });

  return (
    <section className="card admin" aria-label="Administration">
      <h2>Administration</h2>
      <p className="muted">Available because the server runs with --web.enable-admin-api.</p>
      {outcome && (
        <Notice kind={outcome.kind} title={outcome.title}>
          {outcome.text}
        </Notice>
      )}
      <form
        className="admin-row"
        onSubmit={(e) => {
          e.preventDefault();
          void look();
        }}
      >
        <span className="search-field admin-select">
          <Icon name="search" size={15} />
          <input
            aria-label="Series to delete"
            placeholder={'Series to delete, like {job="old"}'}
            value={select}
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => setSelect(e.target.value)}
          />
        </span>
        <label className="moment-field">
          <span className="field-label">From</span>
          <input value={from} placeholder="the beginning" onChange={(e) => setFrom(e.target.value)} />
        </label>
        <label className="moment-field">
          <span className="field-label">To</span>
          <input value={to} placeholder="now" onChange={(e) => setTo(e.target.value)} />
        </label>
        <Button icon="trash" type="submit" disabled={select.trim() === '' || busy !== ''}>
          {busy === 'look' ? 'Looking…' : 'Delete…'}
        </Button>
      </form>
      <div className="admin-row">
        <Button icon="copy" disabled={busy !== ''} onClick={() => void snapshot()}>
          {busy === 'snapshot' ? 'Taking a snapshot…' : 'Take a snapshot'}
        </Button>
        <Button icon="refresh" disabled={busy !== ''} onClick={() => void clean()}>
          {busy === 'clean' ? 'Cleaning up…' : 'Clean up deletions'}
        </Button>
      </div>
      <Dialog title="Delete samples?" open={plan !== null} onClose={() => setPlan(null)}>
        {plan && (
          <>
            <p>
              The samples of <b>{counted(plan.series.length)}</b> {span(plan, utc)} will be deleted. This
              cannot be undone.
            </p>
            <ul className="admin-series">
              {plan.series.slice(0, SHOWN).map((labels) => (
                <li key={seriesName(labels)} className="mono-text">
                  {seriesName(labels)}
                </li>
              ))}
              {plan.series.length > SHOWN && (
                <li className="muted">and {counted(plan.series.length - SHOWN)} more</li>
              )}
            </ul>
            <div className="dialog-actions">
              <Button onClick={() => setPlan(null)}>Keep them</Button>
              <Button look="danger" icon="trash" onClick={() => void remove(plan)}>
                Delete
              </Button>
            </div>
          </>
        )}
      </Dialog>
    </section>
  );
}
