/** Silences: those that hold, those to come, those that are over. */

import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useMoment } from '../components/moment';
import { Button, Dialog, Empty, Loading } from '../components/ui';
import { formatAgo } from '../lib/time';
import { FilterBar } from './alerts-page';
import { expireSilence, forgetAlerts, type Silence, useSilences } from './api';
import { Frame, MatcherChips, NewSilence } from './frame';
import { operatorOf, readableMatchers, writeMatcher, writeMatchers } from './matchers';

const STATES = ['active', 'pending', 'expired'] as const;
const FIRST = 100;

export const stateBadge = (state: string) =>
  `badge badge-${state === 'active' ? 'warn' : state === 'pending' ? 'counter' : 'none'}`;

/** When a silence holds, in words. */
export function span(silence: Silence, now: number): string {
  const start = Date.parse(silence.startsAt);
  const end = Date.parse(silence.endsAt);
  if (silence.status.state === 'pending') return `begins ${formatAgo(start, now)}`;
  if (silence.status.state === 'active') return `ends ${formatAgo(end, now)}`;
  return `ended ${formatAgo(end, now)}`;
}

/** A button that asks before it ends a silence. */
export function Expire({ silence, onDone }: { silence: Silence; onDone?: () => void }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const expire = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await expireSilence(silence.id);
      setOpen(false);
      await forgetAlerts(client);
      onDone?.();
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Expire</Button>
      <Dialog title="Expire this silence?" open={open} onClose={() => setOpen(false)}>
        <p>
          Notifications for its alerts resume. The silence stays in the list as expired and can be recreated
          from there.
        </p>
        <MatcherChips matchers={silence.matchers} />
        {problem !== null && <ErrorNotice error={problem} />}
        <div className="dialog-foot">
          <Button onClick={() => setOpen(false)}>Keep it</Button>
          <Button look="danger" disabled={busy} onClick={() => void expire()}>
            Expire it
          </Button>
        </div>
      </Dialog>
    </>
  );
}

function Row({ silence, now }: { silence: Silence; now: number }) {
  const moment = useMoment();
  const over = silence.status.state === 'expired';
  return (
    <section className="card am-silence">
      <div className="am-silence-text">
        <Link to="/alertmanager/silences/$id" params={{ id: silence.id }} className="am-silence-link">
          <span className={stateBadge(silence.status.state)}>{silence.status.state}</span>
          <MatcherChips matchers={silence.matchers} />
        </Link>
        <p>{silence.comment}</p>
        <p className="muted">
          {silence.createdBy} ·{' '}
          <span title={`${moment(Date.parse(silence.startsAt))} to ${moment(Date.parse(silence.endsAt))}`}>
            {span(silence, now)}
          </span>
        </p>
      </div>
      <div className="am-silence-tools">
        <Link
          to="/alertmanager/silences/$id"
          params={{ id: silence.id }}
          search={{ edit: '1' } as never}
          className="button button-plain"
        >
          {over ? 'Recreate' : 'Edit'}
        </Link>
        {!over && <Expire silence={silence} />}
      </div>
    </section>
  );
}

export function SilencesPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const silences = useSilences();
  const [most, setMost] = useState(FIRST);
  const state = STATES.find((one) => one === search.state) ?? 'active';
  const filter = readableMatchers(search.filter ?? '');
  const change = (patch: Record<string, string>) =>
    void navigate({
      to: '/alertmanager/silences',
      search: { ...search, ...patch } as never,
      replace: true,
      resetScroll: false,
    });
  const all = (silences.data ?? []).filter((silence) =>
    filter.every((wanted) =>
      silence.matchers.some(
        (matcher) =>
          matcher.name === wanted.name &&
          matcher.value === wanted.value &&
          operatorOf(matcher) === operatorOf(wanted),
      ),
    ),
  );
  const count = (of: string) => all.filter((silence) => silence.status.state === of).length;
  const shown = all.filter((silence) => silence.status.state === state);
  const now = Date.now();
  return (
    <Frame title="Silences" actions={<NewSilence />}>
      <div className="filters am-filters">
        <div className="pills" role="group" aria-label="State">
          {STATES.map((one) => (
            <button
              key={one}
              type="button"
              className="pill"
              aria-pressed={state === one}
              onClick={() => change({ state: one === 'active' ? '' : one })}
            >
              {one} <span className="pill-count">{count(one)}</span>
            </button>
          ))}
        </div>
        <FilterBar
          label="Filter silences by matchers"
          filter={filter}
          onChange={(next) => change({ filter: writeMatchers(next) })}
        />
      </div>
      {silences.error && <ErrorNotice error={silences.error} />}
      {silences.isPending && <Loading label="Loading silences" />}
      {silences.data && shown.length === 0 && (
        <Empty
          icon="moon"
          title={
            filter.length > 0
              ? 'No silence matches'
              : state === 'active'
                ? 'No active silences'
                : state === 'pending'
                  ? 'No pending silences'
                  : 'No expired silences'
          }
        >
          {filter.length > 0
            ? `Only silences with exactly the matchers ${filter.map(writeMatcher).join(', ')} are shown.`
            : 'A silence suppresses notifications of matching alerts for a time.'}
        </Empty>
      )}
      {shown.slice(0, most).map((silence) => (
        <Row key={silence.id} silence={silence} now={now} />
      ))}
      {shown.length > most && (
        <Button look="ghost" onClick={() => setMost(most * 4)}>
          {`Show more of ${shown.length.toLocaleString('en')}`}
        </Button>
      )}
    </Frame>
  );
}
