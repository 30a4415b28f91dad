/** Fleet → Personal data: what detectors find in the data that exporters of agents get. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { Button, Empty, Notice } from '../components/ui';
import { counted } from '../lib/units';
import { findInFleet, useAgents } from './api';
import { type Findings, placesOf, verdictOf } from './findings';
import { Field, FleetPage } from './frame';
import { agentName } from './model';

/** Seconds of a search. */
const SECONDS = 5;

const number = (n: number) => n.toLocaleString('en');

export function FindingsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const agents = useAgents();
  const selector = search.selector ?? '';
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Findings>();
  const [error, setError] = useState<unknown>(null);
  const known = new Map(agents.data?.map((agent) => [agent.uid, agent]));
  const label = (uid: string) => {
    const agent = known.get(uid);
    return agent ? agentName(agent) : uid;
  };
  const read = async () => {
    setBusy(true);
    setError(null);
    try {
      setFound(await findInFleet({ selector, seconds: SECONDS }));
    } catch (e) {
      setFound(undefined);
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <FleetPage
      title="Personal data"
      lead="Detected in the input of exporters, after all processors and controls"
      query={agents}
    >
      <form
        className="card fleet-tools"
        aria-label="Search for personal data"
        onSubmit={(e) => {
          e.preventDefault();
          if (!busy) void read();
        }}
      >
        <Field
          label="Agents"
          value={selector}
          placeholder="env=prod"
          onChange={(to) =>
            void navigate({
              to: '/fleet/findings',
              search: { ...search, selector: to } as never,
              replace: true,
            })
          }
        />
        <Button type="submit" icon="search" look="primary" disabled={busy}>
          {busy ? `Searching for ${SECONDS} s` : 'Search now'}
        </Button>
      </form>
      {error !== null && <ErrorNotice error={error} />}
      {!found && !busy && error === null && (
        <Empty icon="search" title="Not searched yet">
          A search reads batches of up to 20 agents for {SECONDS} s at each exporter. It looks for card
          numbers, IBANs, e-mail addresses, phone numbers, IP addresses, tokens and keys. Agents need{' '}
          <code>--web.enable-tap</code>.
        </Empty>
      )}
      {found?.errors.map((one) => (
        <Notice kind="error" title={`${label(one.uid)} was not searched`} key={one.uid}>
          {one.error}
        </Notice>
      ))}
      {found?.note && (
        <Notice kind="warning" title="No records read">
          {found.note}
        </Notice>
      )}
      {found && (
        <section className="card table-wrap" aria-label="Findings">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Exporter</th>
                <th scope="col" className="num">
                  Records read
                </th>
                <th scope="col" className="num">
                  Findings
                </th>
                <th scope="col">Where</th>
                <th scope="col">Agents</th>
              </tr>
            </thead>
            <tbody>
              {found.destinations.map((one) => {
                const verdict = verdictOf(one);
                return (
                  <tr key={one.node}>
                    <th scope="row">{one.node}</th>
                    <td className="num">{number(one.records)}</td>
                    <td className="num">
                      <span className={`badge badge-${verdict.badge}`}>{verdict.text}</span>
                    </td>
                    <td>
                      {placesOf(one).map((place) => (
                        <div key={place}>{place}</div>
                      ))}
                    </td>
                    <td>
                      {counted(one.agents.length, 'agent')}
                      {one.agents
                        .filter((agent) => agent.findings > 0)
                        .map((agent) => (
                          <div className="muted" key={agent.uid}>
                            {label(agent.uid)}: {number(agent.findings)}
                          </div>
                        ))}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
    </FleetPage>
  );
}
