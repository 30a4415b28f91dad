/** Silences that come again: the list, and the form that makes or changes one. */

import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Icon } from '../components/icons';
import { useMoment } from '../components/moment';
import { Button, Dialog, Empty, Loading, Segmented } from '../components/ui';
import { formatAgo } from '../lib/time';
import {
  forgetAlerts,
  type Recurring,
  saveRecurring,
  useOccurrences,
  useRecurring,
  withdrawRecurring,
} from './api';
import { Frame, MatcherChips } from './frame';
import { type Matcher, matcherOf } from './matchers';
import { localInput, parseLocal } from './moments';
import { DAYS, type Day, readWeekly, sayWeekly, type Weekly, writeWeekly } from './schedule';
import { Affected, author, MatcherRows } from './silence-page';

const PREVIEW_DELAY_MS = 350;

/** When one holds, in words; a schedule that says more is shown as it is. */
function Schedule({ text }: { text: string }) {
  const weekly = readWeekly(text);
  return weekly ? <span>{sayWeekly(weekly)}</span> : <code className="am-schedule-text">{text.trim()}</code>;
}

function Withdraw({ silence }: { silence: Recurring }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const withdraw = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await withdrawRecurring(silence.id);
      setOpen(false);
      await forgetAlerts(client);
    } catch (e) {
      setProblem(e);
    }
    setBusy(false);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Delete</Button>
      <Dialog title="Delete this recurring silence?" open={open} onClose={() => setOpen(false)}>
        <p>It ends now, and notifications for its alerts resume.</p>
        <MatcherChips matchers={silence.matchers} />
        {problem !== null && <ErrorNotice error={problem} />}
        <div className="dialog-foot">
          <Button onClick={() => setOpen(false)}>Keep it</Button>
          <Button look="danger" disabled={busy} onClick={() => void withdraw()}>
            Delete it
          </Button>
        </div>
      </Dialog>
    </>
  );
}

function Row({ silence, now }: { silence: Recurring; now: number }) {
  const moment = useMoment();
  const next = silence.next;
  return (
    <section className="card am-silence am-recurring">
      <div className="am-silence-text">
        <div className="am-silence-link">
          <span className={`badge badge-${next?.active ? 'warn' : next ? 'counter' : 'none'}`}>
            {next?.active ? 'holds now' : next ? 'to come' : 'over'}
          </span>
          <MatcherChips matchers={silence.matchers} />
        </div>
        <p>
          <Icon name="moon" size={14} /> <Schedule text={silence.schedule} />
        </p>
        <p>{silence.comment}</p>
        <p className="muted">
          {silence.createdBy}
          {next && (
            <>
              {' · '}
              <span title={`${moment(Date.parse(next.startsAt))} to ${moment(Date.parse(next.endsAt))}`}>
                {next.active
                  ? `ends ${formatAgo(Date.parse(next.endsAt), now)}`
                  : `begins ${formatAgo(Date.parse(next.startsAt), now)}`}
              </span>
            </>
          )}
          {silence.until && ` · ends on ${moment(Date.parse(silence.until))}`}
        </p>
      </div>
      <div className="am-silence-tools">
        <Link to="/alertmanager/recurring/$id" params={{ id: silence.id }} className="button button-plain">
          Edit
        </Link>
        <Withdraw silence={silence} />
      </div>
    </section>
  );
}

export function RecurringPage() {
  const all = useRecurring();
  const now = Date.now();
  const holding = (all.data ?? []).filter((silence) => silence.next?.active).length;
  return (
    <Frame
      title="Recurring silences"
      lead={
        all.data && all.data.length > 0 ? `${all.data.length} in total; active now: ${holding}` : undefined
      }
      actions={
        <Link to="/alertmanager/recurring/$id" params={{ id: 'new' }} className="button button-primary">
          <Icon name="plus" size={16} />
          New recurring silence
        </Link>
      }
    >
      {all.error && <ErrorNotice error={all.error} />}
      {all.isPending && <Loading label="Loading recurring silences" />}
      {all.data?.length === 0 && (
        <Empty icon="moon" title="No recurring silences">
          A recurring silence suppresses notifications at the same times each week: backups at night, a
          maintenance window. Each occurrence becomes an ordinary silence.
        </Empty>
      )}
      {all.data?.map((silence) => (
        <Row key={silence.id} silence={silence} now={now} />
      ))}
    </Frame>
  );
}

interface FormState {
  matchers: Matcher[];
  how: 'weekly' | 'text';
  weekly: Weekly;
  text: string;
  until: string;
  createdBy: string;
  comment: string;
}

const scheduleOf = (form: FormState) => (form.how === 'weekly' ? writeWeekly(form.weekly) : form.text);

function problems(form: FormState): string[] {
  const out: string[] = [];
  if (form.matchers.some((matcher) => matcher.name === '')) out.push('A matcher has no label.');
  if (form.matchers.every((matcher) => matcher.value === ''))
    out.push('At least one matcher must have a value: it would silence everything otherwise.');
  if (form.how === 'weekly' && form.weekly.days.length === 0) out.push('Choose at least one day.');
  if (form.how === 'text' && form.text.trim() === '') out.push('Enter a schedule.');
  if (form.until !== '' && parseLocal(form.until) === null) out.push('The end is not a valid time.');
  if (form.createdBy.trim() === '') out.push('Enter a creator.');
  if (form.comment.trim() === '') out.push('Enter a comment.');
  return out;
}

function Times({ form }: { form: FormState }) {
  const moment = useMoment();
  const until = parseLocal(form.until);
  const wanted = JSON.stringify({
    matchers: form.matchers,
    schedule: scheduleOf(form),
    ...(until === null ? {} : { until: new Date(until).toISOString() }),
  });
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), PREVIEW_DELAY_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const usable =
    (form.how === 'text' ? form.text.trim() !== '' : form.weekly.days.length > 0) &&
    form.matchers.every((matcher) => matcher.name !== '') &&
    form.matchers.some((matcher) => matcher.value !== '');
  const times = useOccurrences(JSON.parse(settled), usable);
  return (
    <section className="card am-affected am-next-times" aria-live="polite">
      <h2>Next occurrences</h2>
      {!usable && <p className="muted">Enter matchers and a schedule first.</p>}
      {usable && times.isPending && <Loading label="Loading times" />}
      {usable && times.error && <ErrorNotice error={times.error} />}
      {usable && times.data && (
        <ol>
          {times.data.times.map((time) => (
            <li key={time.startsAt}>
              {moment(Date.parse(time.startsAt))}{' '}
              <span className="muted">to {moment(Date.parse(time.endsAt))}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function WeeklyFields({ weekly, onChange }: { weekly: Weekly; onChange: (next: Weekly) => void }) {
  const toggle = (day: Day) =>
    onChange({
      ...weekly,
      days: weekly.days.includes(day) ? weekly.days.filter((one) => one !== day) : [...weekly.days, day],
    });
  return (
    <>
      <div className="pills" role="group" aria-label="Days">
        {DAYS.map((day) => (
          <button
            key={day}
            type="button"
            className="pill"
            aria-pressed={weekly.days.includes(day)}
            onClick={() => toggle(day)}
          >
            {day.slice(0, 3)}
          </button>
        ))}
      </div>
      <div className="am-times">
        <label>
          <span>From</span>
          <input
            type="time"
            value={weekly.from}
            onChange={(e) => e.target.value !== '' && onChange({ ...weekly, from: e.target.value })}
          />
        </label>
        <label>
          <span>To</span>
          <input
            type="time"
            value={weekly.to}
            onChange={(e) => e.target.value !== '' && onChange({ ...weekly, to: e.target.value })}
          />
        </label>
        <label>
          <span>Time zone</span>
          <input
            value={weekly.zone}
            placeholder="UTC"
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => onChange({ ...weekly, zone: e.target.value.trim() })}
          />
        </label>
      </div>
    </>
  );
}

function RecurringForm({ silence }: { silence?: Recurring }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form, setForm] = useState<FormState>(() => {
    const weekly = silence ? readWeekly(silence.schedule) : null;
    return {
      matchers: silence?.matchers ?? [matcherOf('', '=', '')],
      how: silence && !weekly ? 'text' : 'weekly',
      weekly: weekly ?? {
        days: ['saturday', 'sunday'],
        from: '02:00',
        to: '04:00',
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      text: silence?.schedule ?? '',
      until: silence?.until ? localInput(Date.parse(silence.until)) : '',
      createdBy: silence?.createdBy ?? author.get(),
      comment: silence?.comment ?? '',
    };
  });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const set = (patch: Partial<FormState>) => setForm((before) => ({ ...before, ...patch }));
  const wrong = problems(form);
  const send = async () => {
    setTried(true);
    if (wrong.length > 0) return;
    setBusy(true);
    setProblem(null);
    try {
      author.set(form.createdBy.trim());
      const until = parseLocal(form.until);
      await saveRecurring({
        ...(silence ? { id: silence.id } : {}),
        matchers: form.matchers,
        schedule: scheduleOf(form),
        ...(until === null ? {} : { until: new Date(until).toISOString() }),
        createdBy: form.createdBy.trim(),
        comment: form.comment.trim(),
      });
      await forgetAlerts(client);
      await navigate({ to: '/alertmanager/recurring' });
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <div className="am-form-page">
      <form
        className="card am-form"
        onSubmit={(e) => {
          e.preventDefault();
          void send();
        }}
      >
        <fieldset>
          <legend>All matchers must match</legend>
          <MatcherRows matchers={form.matchers} onChange={(matchers) => set({ matchers })} />
        </fieldset>
        <fieldset className="am-schedule">
          <legend>When</legend>
          <Segmented
            label="Schedule type"
            value={form.how}
            choices={[
              { value: 'weekly', label: 'Weekly' },
              { value: 'text', label: 'time_intervals' },
            ]}
            onChange={(how) => set(how === 'text' ? { how, text: scheduleOf(form) } : { how })}
          />
          {form.how === 'weekly' ? (
            <WeeklyFields weekly={form.weekly} onChange={(weekly) => set({ weekly })} />
          ) : (
            <textarea
              aria-label="time_intervals"
              rows={5}
              spellCheck={false}
              className="am-schedule-text"
              value={form.text}
              onChange={(e) => set({ text: e.target.value })}
            />
          )}
        </fieldset>
        <label>
          <span>Ends on (optional)</span>
          <input type="datetime-local" value={form.until} onChange={(e) => set({ until: e.target.value })} />
        </label>
        <label>
          <span>Who</span>
          <input
            value={form.createdBy}
            autoComplete="name"
            onChange={(e) => set({ createdBy: e.target.value })}
          />
        </label>
        <label>
          <span>Why</span>
          <textarea rows={3} value={form.comment} onChange={(e) => set({ comment: e.target.value })} />
        </label>
        {tried && wrong.length > 0 && (
          <ul className="field-problem" role="alert">
            {wrong.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        )}
        {problem !== null && <ErrorNotice error={problem} />}
        <div className="am-form-foot">
          <Button type="submit" look="primary" disabled={busy}>
            {silence ? 'Save' : 'Create recurring silence'}
          </Button>
          <Link to="/alertmanager/recurring" className="button button-ghost">
            Cancel
          </Link>
        </div>
      </form>
      <div>
        <Times form={form} />
        <Affected matchers={form.matchers} said="Affected alerts" />
      </div>
    </div>
  );
}

export function RecurringSilencePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const all = useRecurring();
  const fresh = id === 'new';
  const silence = all.data?.find((one) => one.id === id);
  return (
    <Frame title={fresh ? 'New recurring silence' : 'Edit recurring silence'}>
      {fresh && <RecurringForm />}
      {!fresh && all.error && <ErrorNotice error={all.error} />}
      {!fresh && all.isPending && <Loading label="Loading the silence" />}
      {!fresh && silence && <RecurringForm key={id} silence={silence} />}
      {!fresh && all.data && !silence && (
        <Empty
          icon="moon"
          title="Recurring silence not found"
          actions={
            <Link to="/alertmanager/recurring" className="button button-primary">
              Back to recurring silences
            </Link>
          }
        >
          It was deleted or edited. Editing a silence gives it a new ID.
        </Empty>
      )}
    </Frame>
  );
}
