/** Data → Flow → Personal data: what detectors find in the data that destinations get. */
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { Button, Empty, Notice, PageHead } from '../components/ui';
import { usePipelines } from './api';
import './pipelines.css';

interface Destination {
  node: string;
  records: number;
  batches: number;
  findings: number;
  byDetector: Record<string, Record<string, number>>;
}

interface Findings {
  detectors: string[];
  destinations: Destination[];
}

/** Seconds that a check reads. */
const CHECKED = 5;

const number = (n: number) => n.toLocaleString('en');

export function FindingsPage() {
  const graph = usePipelines();
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Findings>();
  const [error, setError] = useState<unknown>(null);
  const name = (id: string) => graph.data?.nodes.find((one) => one.id === id)?.component ?? id;
  const check = async () => {
    setBusy(true);
    setError(null);
    try {
      setFound((await call<Findings>('pipelines/findings', { seconds: CHECKED })).data);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const destinations = found?.destinations ?? [];
  return (
    <div className="page">
      <PageHead title="Personal data" lead="Detected in the input of exporters, after all processors">
        {graph.data?.tap && (
          <Button icon="play" look="primary" disabled={busy} onClick={() => void check()}>
            {busy ? `Checking for ${CHECKED} s` : 'Check now'}
          </Button>
        )}
        <PageTabs />
      </PageHead>
      {error !== null && <ErrorNotice error={error} />}
      {graph.data && !graph.data.tap && (
        <Notice kind="info" title="Live tap is disabled">
          Start the process with <code>--web.enable-tap</code> to check records.
        </Notice>
      )}
      {graph.data?.tap && !found && !busy && (
        <Empty icon="search" title="Not checked yet">
          A check reads batches for {CHECKED} s at each exporter and searches them for card numbers, IBANs,
          e-mail addresses, phone numbers, IP addresses, tokens and keys.
        </Empty>
      )}
      {found && destinations.length === 0 && <Empty icon="pipelines" title="No exporters" />}
      {destinations.length > 0 && (
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
              </tr>
            </thead>
            <tbody>
              {destinations.map((one) => (
                <tr key={one.node}>
                  <th scope="row">{name(one.node)}</th>
                  <td className="num">{number(one.records)}</td>
                  <td className="num">
                    {one.records === 0 ? (
                      <span className="muted">nothing passed</span>
                    ) : (
                      <span className={`badge badge-${one.findings > 0 ? 'err' : 'ok'}`}>
                        {number(one.findings)}
                      </span>
                    )}
                  </td>
                  <td>
                    {Object.entries(one.byDetector).map(([detector, fields]) => (
                      <div key={detector}>
                        {detector}:{' '}
                        {Object.entries(fields)
                          .map(([field, n]) => `${field} (${number(n)})`)
                          .join(', ')}
                      </div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
