/** One silence: what it is, what it keeps back, and the form that makes or changes it. */

import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ApiError } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { useMoment } from '../components/moment';
import { Button, Empty, LabelChips, Loading } from '../components/ui';
import { persistent } from '../lib/store';
import { formatAgo, parseDuration } from '../lib/time';
import { type Alert, forgetAlerts, type Silence, saveSilence, useMatching, useSilence } from './api';
import { Frame, MatcherChips } from './frame';
import { type Matcher, matcherOf, OPERATORS, type Operator, operatorOf, readableMatchers } from './matchers';
import { localInput, parseLocal } from './moments';
import { Expire, span, stateBadge } from './silences-page';

export const author = persistent<string>(
  'silence-author',
  '',
  (value): value is string => typeof value === 'string',
);

const FIRST_ALERTS = 20;
const LENGTHS = ['1h', '2h', '8h', '1d', '3d', '1w'];
const PREVIEW_DELAY_MS = 350;

export function Affected({ matchers, said }: { matchers: Matcher[]; said: string }) {
  const [settled, setSettled] = useState(matchers);
  const text = JSON.stringify(matchers);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(text) as Matcher[]), PREVIEW_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const usable = settled.length > 0 && settled.every((matcher) => matcher.name !== '');
  const alerts = useMatching(settled, usable);
  const found: Alert[] = usable ? (alerts.data ?? []) : [];
  return (
    <section className="card am-affected" aria-live="polite">
      <h2>{said}</h2>
      {!usable && <p className="muted">Enter matchers first.</p>}
      {usable && alerts.isPending && <Loading label="Loading alerts" />}
      {usable && alerts.error && <ErrorNotice error={alerts.error} />}
      {usable && alerts.data && (
        <p className="muted">
          {found.length === 0
            ? 'No current alert matches. Future alerts that match are silenced too.'
            : `${found.length.toLocaleString('en')} ${found.length === 1 ? 'alert' : 'alerts'}`}
        </p>
      )}
      {found.slice(0, FIRST_ALERTS).map((alert) => (
        <div className="am-affected-alert" key={alert.fingerprint}>
          <LabelChips labels={alert.labels} />
          <span className="muted num">{formatAgo(Date.parse(alert.startsAt), Date.now())}</span>
        </div>
      ))}
      {found.length > FIRST_ALERTS && (
        <p className="muted">and {(found.length - FIRST_ALERTS).toLocaleString('en')} more</p>
      )}
    </section>
  );
}

export function MatcherRows({
  matchers,
  onChange,
}: {
  matchers: Matcher[];
  onChange: (next: Matcher[]) => void;
}) {
  const set = (at: number, next: Matcher) => onChange(matchers.map((one, i) => (i === at ? next : one)));
  return (
    <div className="am-matchers">
      {matchers.map((matcher, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity while they are written.
        <div className="am-matcher" key={i}>
          <input
            aria-label={`Label ${i + 1}`}
            placeholder="label"
            value={matcher.name}
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => set(i, { ...matcher, name: e.target.value.trim() })}
          />
          <span className="select">
            <select
              aria-label={`Operator ${i + 1}`}
              value={operatorOf(matcher)}
              onChange={(e) => set(i, matcherOf(matcher.name, e.target.value as Operator, matcher.value))}
            >
              {OPERATORS.map((operator) => (
                <option key={operator}>{operator}</option>
              ))}
            </select>
          </span>
          <input
            aria-label={`Value ${i + 1}`}
            placeholder={matcher.isRegex ? 'regular expression' : 'value'}
            value={matcher.value}
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => set(i, { ...matcher, value: e.target.value })}
          />
          <Button
            icon="close"
            look="ghost"
            label={`Remove matcher ${i + 1}`}
            disabled={matchers.length === 1}
            onClick={() => onChange(matchers.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      <Button icon="plus" look="ghost" onClick={() => onChange([...matchers, matcherOf('', '=', '')])}>
        Add a matcher
      </Button>
    </div>
  );
}

interface FormState {
  matchers: Matcher[];
  start: string;
  end: string;
  createdBy: string;
  comment: string;
}

/** What is missing or wrong, by field; nothing when it may be sent. */
function problems(form: FormState): string[] {
  const out: string[] = [];
  const start = parseLocal(form.start);
  const end = parseLocal(form.end);
  if (form.matchers.some((matcher) => matcher.name === '')) out.push('A matcher has no label.');
  if (form.matchers.every((matcher) => matcher.value === ''))
    out.push('At least one matcher must have a value: it would silence everything otherwise.');
  if (start === null) out.push('The start is not a valid time.');
  if (end === null) out.push('The end is not a valid time.');
  if (start !== null && end !== null && end <= start) out.push('The end is before the start.');
  if (form.createdBy.trim() === '') out.push('Enter a creator.');
  if (form.comment.trim() === '') out.push('Enter a comment.');
  return out;
}

function SilenceForm({ silence, filter, comment }: { silence?: Silence; filter: string; comment: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form, setForm] = useState<FormState>(() => {
    const now = Date.now();
    const over = silence?.status.state === 'expired';
    const given = readableMatchers(filter);
    const length = silence ? Date.parse(silence.endsAt) - Date.parse(silence.startsAt) : 7_200_000;
    return {
      matchers: silence?.matchers ?? (given.length > 0 ? given : [matcherOf('', '=', '')]),
      start: localInput(silence && !over ? Date.parse(silence.startsAt) : now),
      end: localInput(silence && !over ? Date.parse(silence.endsAt) : now + length),
      createdBy: silence?.createdBy ?? author.get(),
      comment: silence?.comment ?? comment,
    };
  });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const set = (patch: Partial<FormState>) => setForm((before) => ({ ...before, ...patch }));
  const wrong = problems(form);
  const keeps = silence && silence.status.state !== 'expired';
  const send = async () => {
    setTried(true);
    const start = parseLocal(form.start);
    const end = parseLocal(form.end);
    if (wrong.length > 0 || start === null || end === null) return;
    setBusy(true);
    setProblem(null);
    try {
      author.set(form.createdBy.trim());
      // A start that was not changed keeps its seconds, so that the silence stays the same one.
      const same = keeps && form.start === localInput(Date.parse(silence.startsAt));
      const id = await saveSilence({
        ...(keeps ? { id: silence.id } : {}),
        matchers: form.matchers,
        startsAt: same ? silence.startsAt : new Date(start).toISOString(),
        endsAt: new Date(end).toISOString(),
        createdBy: form.createdBy.trim(),
        comment: form.comment.trim(),
        ...(silence?.annotations ? { annotations: silence.annotations } : {}),
      });
      await forgetAlerts(client);
      await navigate({ to: '/alertmanager/silences/$id', params: { id } });
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  const lengthOf = (text: string) => {
    const start = parseLocal(form.start) ?? Date.now();
    set({ end: localInput(start + (parseDuration(text) ?? 0)) });
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
        <div className="am-times">
          <label>
            <span>From</span>
            <input
              type="datetime-local"
              value={form.start}
              onChange={(e) => set({ start: e.target.value })}
            />
          </label>
          <label>
            <span>Until</span>
            <input type="datetime-local" value={form.end} onChange={(e) => set({ end: e.target.value })} />
          </label>
          <div className="pills" role="group" aria-label="Duration">
            {LENGTHS.map((text) => (
              <button key={text} type="button" className="pill" onClick={() => lengthOf(text)}>
                {text}
              </button>
            ))}
          </div>
        </div>
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
            {keeps ? 'Save' : 'Create silence'}
          </Button>
          <Link to="/alertmanager/silences" className="button button-ghost">
            Cancel
          </Link>
        </div>
      </form>
      <Affected matchers={form.matchers} said="Affected alerts" />
    </div>
  );
}

function Facts({ silence }: { silence: Silence }) {
  const moment = useMoment();
  const navigate = useNavigate();
  const time = (text: string) => moment(Date.parse(text));
  const over = silence.status.state === 'expired';
  const facts: [string, string][] = [
    ['Comment', silence.comment],
    ['Created by', silence.createdBy],
    ['From', time(silence.startsAt)],
    ['Until', `${time(silence.endsAt)}, ${span(silence, Date.now())}`],
    ['Changed', time(silence.updatedAt)],
    ['Id', silence.id],
  ];
  return (
    <>
      <section className="card am-facts">
        <div className="am-silence-link">
          <span className={stateBadge(silence.status.state)}>{silence.status.state}</span>
          <MatcherChips matchers={silence.matchers} />
        </div>
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div className="am-form-foot">
          <Link
            to="/alertmanager/silences/$id"
            params={{ id: silence.id }}
            search={{ edit: '1' } as never}
            className="button button-primary"
          >
            {over ? 'Recreate' : 'Edit'}
          </Link>
          {!over && (
            <Expire silence={silence} onDone={() => void navigate({ to: '/alertmanager/silences' })} />
          )}
        </div>
      </section>
      {!over && <Affected matchers={silence.matchers} said="Affected alerts" />}
    </>
  );
}

export function SilencePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const search = useSearch({ strict: false }) as Record<string, string>;
  const fresh = id === 'new';
  const silence = useSilence(id, !fresh);
  const editing = fresh || search.edit === '1';
  const gone =
    silence.error instanceof ApiError && (silence.error.status === 404 || silence.error.status === 422);
  const title = fresh
    ? 'New silence'
    : !editing
      ? 'Silence'
      : silence.data?.status.state === 'expired'
        ? 'Recreate silence'
        : 'Edit silence';
  const key = useMemo(() => `${id} ${search.filter ?? ''}`, [id, search.filter]);
  return (
    <Frame title={title}>
      {!fresh && silence.isPending && <Loading label="Loading the silence" />}
      {gone ? (
        <Empty
          icon="moon"
          title="Silence not found"
          actions={
            <Link to="/alertmanager/silences" className="button button-primary">
              Back to silences
            </Link>
          }
        >
          Expired silences are deleted after some days.
        </Empty>
      ) : (
        silence.error && <ErrorNotice error={silence.error} />
      )}
      {fresh && <SilenceForm key={key} filter={search.filter ?? ''} comment={search.comment ?? ''} />}
      {!fresh && silence.data && editing && (
        <SilenceForm key={key} silence={silence.data} filter="" comment="" />
      )}
      {!fresh && silence.data && !editing && <Facts silence={silence.data} />}
    </Frame>
  );
}
