/** Records before and after a component, and the way of one record through the graph. */
import { useEffect, useRef, useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { apiUrl } from '../app/base';
import { useMoment } from '../components/moment';
import { Button, Notice, SearchField, Select } from '../components/ui';
import { readJsonLines } from '../lib/json-lines';
import { CHANGES, type Change, type Followed, type RecordChange, recordLine } from './records';

/** Records that are kept on the page. */
const MOST_KEPT = 50;

/** Seconds that a record is followed. */
const FOLLOWED = 5;

interface Seen {
  id: number;
  at: number;
  of: RecordChange;
}

export function RecordTap({ node, allowed }: { node: string; allowed: boolean }) {
  const [on, setOn] = useState(false);
  const [seen, setSeen] = useState<Seen[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [change, setChange] = useState<Change | ''>('');
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const count = useRef(0);

  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    setProblem('');
    void (async () => {
      try {
        const params = new URLSearchParams({ node, per_second: '1', records: '20' });
        if (change) params.set('change', change);
        if (text) params.set('contains', text);
        const answer = await fetch(apiUrl(`api/v1/pipelines/records?${params}`), { signal: abort.signal });
        if (!answer.ok || !answer.body) {
          setProblem(
            (await answer.text()).slice(0, 300) || `The server responded with status ${answer.status}.`,
          );
          setOn(false);
          return;
        }
        await readJsonLines<RecordChange & { skippedBatches?: number }>(answer.body, (of) => {
          if (of.skippedBatches !== undefined) {
            setSkipped(of.skippedBatches);
            return;
          }
          count.current++;
          const one = { id: count.current, at: Date.now(), of };
          setSeen((before) => [one, ...before].slice(0, MOST_KEPT));
        });
        setOn(false);
      } catch (e) {
        if (abort.signal.aborted) return;
        setProblem(`The tap ended: ${e instanceof Error ? e.message : String(e)}`);
        setOn(false);
      }
    })();
    return () => abort.abort();
  }, [on, node, change, text]);

  if (!allowed) return null;
  return (
    <section className="tap" aria-label="Records">
      <h3>Records</h3>
      <div className="tap-head">
        <Button icon={on ? 'stop' : 'play'} look={on ? 'plain' : 'primary'} onClick={() => setOn(!on)}>
          {on ? 'Stop' : 'Compare records'}
        </Button>
        <Select<Change | ''>
          label="Change"
          hideLabel
          value={change}
          choices={[{ value: '', label: 'All' }, ...CHANGES.map(([value, label]) => ({ value, label }))]}
          onChange={setChange}
        />
        <SearchField label="Text in records" placeholder="Text" value={text} onChange={setText} />
        {on && (
          <span className="muted" role="status">
            {seen.length === 0 ? 'Waiting for a batch…' : 'At most one batch a second'}
          </span>
        )}
      </div>
      {skipped > 0 && (
        <p className="muted">{skipped.toLocaleString('en')} batches were not fetched in time.</p>
      )}
      {problem && <Notice kind="error">{problem}</Notice>}
      <ul className="tap-list">
        {seen.map((one) => (
          <Shown key={one.id} seen={one} />
        ))}
      </ul>
    </section>
  );
}

const BADGES: Record<Change, string> = {
  unchanged: 'histogram',
  changed: 'warn',
  only_before: 'err',
  only_after: 'ok',
};

function Shown({ seen }: { seen: Seen }) {
  const moment = useMoment();
  const { of } = seen;
  const before = of.before ? recordLine(of.signal, of.before) : undefined;
  const after = of.after ? recordLine(of.signal, of.after) : undefined;
  return (
    <li className="tap-batch">
      <header>
        <span>{moment(seen.at).slice(11)}</span>
        <span className={`badge badge-${BADGES[of.change]}`}>
          {CHANGES.find(([value]) => value === of.change)?.[1] ?? of.change}
        </span>
      </header>
      {before && (
        <div className={`tap-line${of.change === 'unchanged' ? '' : ' record-before'}`}>
          <code>{before.text}</code>
          {before.detail && <span className="muted">{before.detail}</span>}
        </div>
      )}
      {after && (
        <div className="tap-line record-after">
          <code>{after.text}</code>
          {after.detail && <span className="muted">{after.detail}</span>}
        </div>
      )}
      {!before && !after && <p className="muted">Too large to show.</p>}
    </li>
  );
}

/** Where one record goes: from the first edge behind a receiver to where it ends. */
export function Follow({ signals, name }: { signals: string[]; name: (id: string) => string }) {
  const [signal, setSignal] = useState(signals[0] ?? '');
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Followed>();
  const [error, setError] = useState<unknown>(null);
  if (signals.length === 0) return null;
  const follow = async () => {
    setBusy(true);
    setError(null);
    setResult(undefined);
    try {
      const params = { signal, contains: text, seconds: FOLLOWED };
      setResult((await call<Followed>('pipelines/follow', params)).data);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card follow" aria-label="Follow a record">
      <div className="tap-head">
        <Select
          label="Follow one record of"
          value={signal}
          choices={signals.map((one) => ({ value: one, label: one }))}
          onChange={setSignal}
        />
        <SearchField
          label="Text in the record"
          placeholder="Text in the record"
          value={text}
          onChange={setText}
        />
        <Button icon="play" look="primary" disabled={busy} onClick={() => void follow()}>
          {busy ? `Following for ${FOLLOWED} s` : 'Follow record'}
        </Button>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {result && result.hops.length === 0 && (
        <p className="muted">No record with that text arrived within {FOLLOWED} s.</p>
      )}
      {result && result.hops.length > 0 && (
        <ol className="follow-hops">
          {result.hops.map((hop) => {
            const line = recordLine(signal, hop.record);
            return (
              <li key={`${hop.edge} ${hop.millis}`}>
                <span className="num muted">+{hop.millis} ms</span> {name(hop.from)} → {name(hop.to)}
                <code>{line?.text}</code>
                {line?.detail && <span className="muted">{line.detail}</span>}
              </li>
            );
          })}
          {result.ends.map((end) => (
            <li key={end.node}>
              <strong>
                {end.end === 'exporter'
                  ? `Passed to ${name(end.node)}`
                  : `Not forwarded by ${name(end.node)}`}
              </strong>
              {Object.entries(end.droppedMeanwhile).map(([reason, n]) => (
                <span key={reason} className="muted">
                  {' '}
                  {n.toLocaleString('en')} items dropped there meanwhile: {reason.replaceAll('_', ' ')}
                </span>
              ))}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
