/** Data → Volumes → Recommendations: data that costs more than it tells, with evidence. Nothing applies itself. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Button, CopyButton, Empty, Notice, PageHead } from '../components/ui';
import { type Control, useAgents, useChange } from '../fleet/api';
import { Field, FleetPage } from '../fleet/frame';
import { connectedMatch } from '../fleet/model';
import { counted, formatValue } from '../lib/units';
import { usePipelines } from '../pipelines/api';
import { ofFleet } from './api';
import {
  type Advice,
  commandOf,
  controlOf,
  type FleetAdvice,
  KIND_WORDS,
  type Recommendation,
} from './recommendations';
import '../pipelines/pipelines.css';
import './volumes.css';

/** Seconds that a sample takes. */
const SAMPLED = 10;

export function RecommendationsPage() {
  return ofFleet ? <FleetRecommendations /> : <ProcessRecommendations />;
}

/** Of up to 20 agents; a control that does it is started by one click. */
function FleetRecommendations() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const selector = search.selector ?? '';
  const agents = useAgents(selector);
  const [busy, setBusy] = useState(false);
  const [advice, setAdvice] = useState<FleetAdvice>();
  const [error, setError] = useState<unknown>(null);
  const sample = async () => {
    setBusy(true);
    setError(null);
    try {
      const params = { seconds: SAMPLED, ...(selector ? { selector } : {}) };
      setAdvice((await call<FleetAdvice>('control/recommendations', params)).data);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const refusals = [...new Set(advice?.errors.map((one) => one.error))];
  return (
    <FleetPage
      title="Recommendations"
      lead="From a sample of received data; nothing is applied automatically"
      query={agents}
      tools={
        <Button icon="play" look="primary" disabled={busy} onClick={() => void sample()}>
          {busy ? `Sampling for ${SAMPLED} s` : 'Take sample'}
        </Button>
      }
    >
      <div className="advice-agents">
        <Field
          label="Agents"
          value={selector}
          placeholder="env=prod"
          onChange={(to) =>
            void navigate({ to: '.', search: { ...search, selector: to } as never, replace: true })
          }
          hint={`${connectedMatch(agents.data)}; at most 20 agents are sampled.`}
        />
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {refusals.length > 0 && (
        <Notice kind="warning" title={`${counted(advice?.errors.length ?? 0, 'agent')} returned no sample`}>
          {refusals.join(' · ')}
        </Notice>
      )}
      {!advice && !busy && error === null && (
        <Empty icon="search" title="No sample yet">
          A sample is searched for health checks, debug logs, repeated log lines and labels with very many
          values.
        </Empty>
      )}
      {advice && advice.recommendations.length === 0 && (
        <Empty icon="check" title="Nothing to recommend">
          No health checks, logs below INFO, repeated log lines or labels with very many values were found in
          the sample.
        </Empty>
      )}
      <div className="advice" role="status">
        {advice?.recommendations.map((one) => (
          <Card
            key={`${one.kind} ${one.signal} ${JSON.stringify(one.control ?? one.configuration)}`}
            of={one}
          />
        ))}
      </div>
    </FleetPage>
  );
}

/** Starts the control of a recommendation. */
function Apply({ of }: { of: Recommendation }) {
  const change = useChange();
  const [busy, setBusy] = useState(false);
  const [started, setStarted] = useState<string>();
  const [error, setError] = useState<unknown>(null);
  const apply = async () => {
    setBusy(true);
    setError(null);
    try {
      setStarted((await change<Control>('controls', controlOf(of))).id);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className="advice-apply">
        <code>
          {of.control?.action} {of.control?.signals.join(', ')}: {of.control?.condition}
        </code>
        {started === undefined ? (
          <Button look="primary" disabled={busy} onClick={() => void apply()}>
            Apply for 24 h
          </Button>
        ) : (
          <span role="status">
            <Link to="/fleet/controls">Control {started}</Link> is active; end it there.
          </span>
        )}
      </div>
      {error !== null && <ErrorNotice error={error} />}
    </>
  );
}

function ProcessRecommendations() {
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
        {of.agents !== undefined && <span className="muted">at {counted(of.agents, 'agent')}</span>}
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
      {ofFleet && of.control && <Apply of={of} />}
      {!ofFleet && command && (
        <div className="advice-apply">
          <code>{command}</code> <CopyButton text={command} />
        </div>
      )}
      {ofFleet && of.configuration && (
        <p className="muted">
          Use this processor. Add it to a <Link to="/fleet/configurations">version</Link>; a dry run there
          predicts its effect.
        </p>
      )}
      {of.configuration && (
        <div className="advice-apply">
          <pre>{of.configuration}</pre> <CopyButton text={of.configuration} />
        </div>
      )}
    </section>
  );
}
