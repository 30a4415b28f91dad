/** Data → Volumes → Recommendations: data that costs more than it tells, with evidence. Nothing applies itself. */
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Button, CopyButton, Empty, Notice, PageHead } from '../components/ui';
import { formatValue } from '../lib/units';
import { usePipelines } from '../pipelines/api';
import { type Advice, commandOf, KIND_WORDS, type Recommendation } from './recommendations';
import './volumes.css';

/** Seconds that a sample takes. */
const SAMPLED = 10;

export function RecommendationsPage() {
  const graph = usePipelines();
  const [busy, setBusy] = useState(false);
  const [advice, setAdvice] = useState<Advice>();
  const [error, setError] = useState<unknown>(null);
  const sample = async () => {
    setBusy(true);
    setError(null);
    try {
      setAdvice((await call<Advice>('pipelines/recommendations', { seconds: SAMPLED })).data);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const all = advice?.recommendations ?? [];
  return (
    <div className="page">
      <PageHead
        title="Recommendations"
        lead={
          advice
            ? `From ${advice.batches.toLocaleString('en')} batches in ${advice.seconds} s`
            : 'From a sample of received data'
        }
      >
        {graph.data?.tap && (
          <Button icon="play" look="primary" disabled={busy} onClick={() => void sample()}>
            {busy ? `Sampling for ${SAMPLED} s` : 'Take sample'}
          </Button>
        )}
        <PageTabs />
      </PageHead>
      {error !== null && <ErrorNotice error={error} />}
      {graph.data && !graph.data.tap && (
        <Notice kind="info" title="Live tap is disabled">
          Start the process with <code>--web.enable-tap</code> to sample records.
        </Notice>
      )}
      {graph.data?.tap && !advice && !busy && (
        <Empty icon="search" title="No sample yet">
          A sample is searched for health checks, debug logs, repeated log lines and labels with very many
          values.
        </Empty>
      )}
      {advice && all.length === 0 && <Empty icon="check" title="Nothing to recommend" />}
      <div className="advice">
        {all.map((one) => (
          <Card key={`${one.kind} ${one.evidence}`} of={one} />
        ))}
      </div>
    </div>
  );
}

function Card({ of }: { of: Recommendation }) {
  const command = commandOf(of);
  return (
    <section className="card advice-card" aria-label={KIND_WORDS[of.kind]}>
      <header>
        <h2>
          <i className={`signal-dot signal-${of.signal}`} title={of.signal} /> {KIND_WORDS[of.kind]}
        </h2>
        <span className="badge badge-ok">
          saves {(of.share * 100).toFixed(of.share < 0.1 ? 1 : 0)} % of {of.signal},{' '}
          {formatValue(of.savedBytesPerSecond, 'bytes/s', 3)}
        </span>
      </header>
      <p>{of.evidence}.</p>
      {of.examples.length > 0 && (
        <ul className="advice-examples">
          {of.examples.map((one) => (
            <li key={one}>
              <code>{one}</code>
            </li>
          ))}
        </ul>
      )}
      {command && (
        <div className="advice-apply">
          <code>{command}</code> <CopyButton text={command} />
        </div>
      )}
      {of.configuration && (
        <div className="advice-apply">
          <pre>{of.configuration}</pre> <CopyButton text={of.configuration} />
        </div>
      )}
    </section>
  );
}
