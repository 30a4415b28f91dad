/** Some of what passes an edge, as it passes. */

import { useEffect, useRef, useState } from 'react';
import { apiUrl } from '../app/base';
import { useMoment } from '../components/moment';
import { Button, Notice } from '../components/ui';
import { readJsonLines } from '../lib/json-lines';
import { formatValue } from '../lib/units';
import { lines, type Sample } from './sample';

/** Batches that are kept on the page. */
const MOST_KEPT = 20;

interface Seen {
  id: number;
  at: number;
  sample: Sample;
}

function Batch({ seen }: { seen: Seen }) {
  const moment = useMoment();
  const { sample } = seen;
  const shown = lines(sample);
  return (
    <li className="tap-batch">
      <header>
        <span>{moment(seen.at).slice(11)}</span>
        <span className="muted">
          {sample.items.toLocaleString('en')} items, {formatValue(sample.bytes, 'bytes', 3)}
        </span>
      </header>
      {sample.error && <p className="tap-error">{sample.error}</p>}
      {shown.lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a batch never changes.
        <div className="tap-line" key={i}>
          <code>{line.text}</code>
          {line.detail && <span className="muted">{line.detail}</span>}
        </div>
      ))}
      {shown.more && <p className="muted">and more</p>}
      {!sample.error && shown.lines.length === 0 && (
        <p className="muted">The content is too large or of an unsupported kind.</p>
      )}
    </li>
  );
}

export function Tap({ edge, allowed }: { edge: string; allowed: boolean }) {
  const [on, setOn] = useState(false);
  const [seen, setSeen] = useState<Seen[]>([]);
  const [problem, setProblem] = useState('');
  const count = useRef(0);

  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    setProblem('');
    void (async () => {
      try {
        const url = apiUrl(`api/v1/pipelines/tap?edge=${encodeURIComponent(edge)}&per_second=1`);
        const answer = await fetch(url, { signal: abort.signal });
        if (!answer.ok || !answer.body) {
          setProblem(
            (await answer.text()).slice(0, 300) || `The server responded with status ${answer.status}.`,
          );
          setOn(false);
          return;
        }
        await readJsonLines<Sample>(answer.body, (sample) => {
          count.current++;
          const one = { id: count.current, at: Date.now(), sample };
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
  }, [on, edge]);

  if (!allowed)
    return (
      <p className="muted">
        To show live records, start the process with <code>--web.enable-tap</code>. Every client that reaches
        this port can then read telemetry.
      </p>
    );
  return (
    <section className="tap" aria-label="Live records">
      <div className="tap-head">
        <Button icon={on ? 'stop' : 'play'} look={on ? 'plain' : 'primary'} onClick={() => setOn(!on)}>
          {on ? 'Stop' : 'Show live records'}
        </Button>
        {on && (
          <span className="muted" role="status">
            {seen.length === 0 ? 'Waiting for records…' : 'At most one batch a second'}
          </span>
        )}
      </div>
      {problem && <Notice kind="error">{problem}</Notice>}
      <ul className="tap-list">
        {seen.map((one) => (
          <Batch key={one.id} seen={one} />
        ))}
      </ul>
    </section>
  );
}
