/** How the Alertmanager stands: version, cluster, the configuration that holds. */

import { ErrorNotice } from '../api/errors';
import { useMoment } from '../components/moment';
import { CopyButton, Loading } from '../components/ui';
import { Yaml } from '../components/yaml';
import { formatAgo, roughDuration } from '../lib/time';
import { Facts } from '../status/facts';
import {
  type Heartbeat,
  type ManagerStatus,
  useHeartbeats,
  useManagerStatus,
  useReceiverDeliveries,
} from './api';
import type { ReceiverDelivery } from './deliveries';
import { Frame } from './frame';

const WORDS: Record<string, string> = {
  disabled: 'Standalone, no cluster',
  ready: 'Ready',
  settling: 'Settling: waiting for peers',
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
            <dt>{peer.name === cluster.name ? 'This instance' : 'Peer'}</dt>
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

/** The alerts that have to come: what was not heard of stands first. */
function Heartbeats({ all }: { all: Heartbeat[] }) {
  const moment = useMoment();
  const sorted = [...all].sort(
    (a, b) => Number(b.missing) - Number(a.missing) || a.name.localeCompare(b.name),
  );
  return (
    <section className="card facts am-heartbeats">
      <h2>Heartbeats</h2>
      <dl>
        {sorted.map((beat) => (
          <div key={beat.name}>
            <dt>{beat.name}</dt>
            <dd>
              <span className={`badge badge-${beat.missing ? 'err' : 'ok'}`}>
                {beat.missing ? 'missing' : 'heard'}
              </span>{' '}
              {beat.missing && beat.missingSince
                ? `since ${moment(Date.parse(beat.missingSince))}`
                : formatAgo(Date.parse(beat.heardAt), Date.now())}
              <span className="muted">
                {' '}
                {beat.matchers}, at least each {roughDuration(beat.withinMillis)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Integrations of receivers, those that fail first. */
function Receivers({ all }: { all: ReceiverDelivery[] }) {
  const moment = useMoment();
  const sorted = [...all].sort(
    (a, b) => Number(b.failingSince !== undefined) - Number(a.failingSince !== undefined),
  );
  return (
    <section className="card facts am-heartbeats">
      <h2>Receivers</h2>
      <dl>
        {sorted.map((one) => (
          <div key={`${one.receiver} ${one.integration} ${one.index}`}>
            <dt>{one.receiver}</dt>
            <dd>
              <span className={`badge badge-${one.failingSince ? 'err' : one.sentAt ? 'ok' : 'none'}`}>
                {one.failingSince ? 'failing' : one.sentAt ? 'ok' : 'unused'}
              </span>{' '}
              {one.integration}
              {one.failingSince && ` since ${moment(Date.parse(one.failingSince))}: ${one.lastError ?? ''}`}
              {one.sentAt && <span className="muted"> last notified {moment(Date.parse(one.sentAt))}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ManagerStatusPage() {
  const moment = useMoment();
  const status = useManagerStatus();
  const heartbeats = useHeartbeats();
  const receivers = useReceiverDeliveries();
  const data = status.data;
  const started = data ? Date.parse(data.uptime) : 0;
  return (
    <Frame title="Alertmanager">
      {status.error && <ErrorNotice error={status.error} />}
      {status.isPending && <Loading label="Loading status" />}
      {data && (
        <>
          <div className="facts-grid">
            <Facts
              title="Program"
              facts={[
                ['Version', data.versionInfo.version],
                ['Revision', data.versionInfo.revision],
                ['Runtime', data.versionInfo.goVersion],
                ['Started', `${moment(started)}, ${roughDuration(Date.now() - started)} ago`],
              ]}
            />
            <Cluster cluster={data.cluster} />
          </div>
          {receivers.data && receivers.data.length > 0 && <Receivers all={receivers.data} />}
          {heartbeats.data && heartbeats.data.length > 0 && <Heartbeats all={heartbeats.data} />}
          {heartbeats.error && <ErrorNotice error={heartbeats.error} />}
          <section className="card config am-config">
            <header className="config-head">
              <span className="muted">Active configuration, secrets hidden</span>
              <CopyButton text={data.config.original} label="Copy the configuration" />
            </header>
            <Yaml text={data.config.original} />
          </section>
        </>
      )}
    </Frame>
  );
}
