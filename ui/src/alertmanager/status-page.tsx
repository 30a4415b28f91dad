/** How the Alertmanager stands: version, cluster, the configuration that holds. */
import { ErrorNotice } from '../api/errors';
import { CopyButton, Loading } from '../components/ui';
import { Yaml } from '../components/yaml';
import { formatMoment, roughDuration } from '../lib/time';
import { Facts } from '../status/facts';
import { type ManagerStatus, useManagerStatus } from './api';
import { Frame } from './frame';

const WORDS: Record<string, string> = {
  disabled: 'It runs on its own',
  ready: 'Ready',
  settling: 'Settling: it gets to know its peers',
};

function Cluster({ cluster }: { cluster: ManagerStatus['cluster'] }) {
  const peers = cluster.peers ?? [];
  return (
    <section className="card facts">
      <h2>Cluster</h2>
      <dl>
        <div>
          <dt>State</dt>
          <dd>{WORDS[cluster.status] ?? cluster.status}</dd>
        </div>
        {cluster.name && (
          <div>
            <dt>Name</dt>
            <dd>{cluster.name}</dd>
          </div>
        )}
        {peers.map((peer) => (
          <div key={peer.name}>
            <dt>{peer.name === cluster.name ? 'This one' : 'Peer'}</dt>
            <dd>
              {peer.address}
              <span className="muted"> {peer.name}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ManagerStatusPage() {
  const status = useManagerStatus();
  const data = status.data;
  const started = data ? Date.parse(data.uptime) : 0;
  return (
    <Frame title="Alertmanager">
      {status.error && <ErrorNotice error={status.error} />}
      {status.isPending && <Loading label="Asking for the status" />}
      {data && (
        <>
          <div className="facts-grid">
            <Facts
              title="Program"
              facts={[
                ['Version', data.versionInfo.version],
                ['Revision', data.versionInfo.revision],
                ['Runtime', data.versionInfo.goVersion],
                ['Started', `${formatMoment(started, false)}, ${roughDuration(Date.now() - started)} ago`],
              ]}
            />
            <Cluster cluster={data.cluster} />
          </div>
          <section className="card config am-config">
            <header className="config-head">
              <span className="muted">The configuration that holds, secrets hidden</span>
              <CopyButton text={data.config.original} label="Copy the configuration" />
            </header>
            <Yaml text={data.config.original} />
          </section>
        </>
      )}
    </Frame>
  );
}
