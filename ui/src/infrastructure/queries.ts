/** PromQL over the metrics of the node agent (`container_*`, `node_*`). */
import { quote } from '../lib/labels';

/** Requests of one protocol, on one side of their connections. */
export interface Family {
  /** As in the metric: http, postgres and so on. */
  protocol: string;
  /** Name of the counter. */
  counter: string;
  /** Whether the container answers the requests. */
  inbound: boolean;
}

export interface Scope {
  /** Null for all containers. */
  container: string | null;
  /** Window of the rates, as a PromQL duration. */
  window: string;
}

export const FAMILIES =
  'count by (__name__) ({__name__=~"container_[a-z0-9]+_(inbound_)?(requests|queries|messages)_total"})';

const NAME = /^container_([a-z0-9]+)_(inbound_)?(?:requests|queries|messages)_total$/;

export function familyOf(counter: string): Family | null {
  const [, protocol, inbound] = NAME.exec(counter) ?? [];
  // Questions to name servers have no destination: they are no calls between containers.
  return protocol === undefined || protocol === 'dns'
    ? null
    : { protocol, counter, inbound: inbound !== undefined };
}

/** Protocols above HTTP, whose requests are counted with HTTP as well. */
const OVER_HTTP = new Set(['elasticsearch', 's3', 'sqs', 'graphql', 'jsonrpc', 'genai']);

/** Outcomes that are failures: classes of HTTP, codes of gRPC that are the server's fault, others by name. */
export const FAILED =
  'status=~"5xx|failed|grpc:(2|4|12|13|14|15|UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS)"';

export const CONTAINER = 'machine_id, container_id, app_id';
export const EDGE = `${CONTAINER}, destination, actual_destination`;

export const selector = (...matchers: (string | false)[]): string => {
  const all = matchers.filter(Boolean);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
};

export const ofContainer = (container: string | null): string | false =>
  container !== null && `container_id=${quote(container)}`;

/** One expression for the requests of all protocols, which it puts into the label `protocol`. */
const union = (families: Family[], inbound: boolean, expr: (family: Family) => string): string =>
  families
    .filter((family) => family.inbound === inbound)
    .map((family) => `label_replace(${expr(family)}, "protocol", "${family.protocol}", "", "")`)
    .join(' or ');

const labels = (inbound: boolean) => (inbound ? CONTAINER : EDGE);

/** Requests a second of HTTP alone: without those that are shown with a protocol above it. */
const withoutOthers = (http: string, others: string[]): string =>
  others.length === 0
    ? http
    : `(${[http, ...others.map((other) => `(${other} or 0 * ${http})`)].join(' - ')} > 1e-9)`;

/** Requests a second by container, protocol and, at the client's side, destination; '' without any. */
export const requestRate = (families: Family[], inbound: boolean, scope: Scope, failed = false): string => {
  const rate = ({ counter }: Family, outcome: string | false) =>
    `sum by (${labels(inbound)}) (rate(${counter}${selector(ofContainer(scope.container), outcome)}[${scope.window}]))`;
  const over = families.filter((family) => family.inbound === inbound && OVER_HTTP.has(family.protocol));
  return union(families, inbound, (family) =>
    family.protocol === 'http'
      ? withoutOthers(
          rate(family, failed && FAILED),
          over.map((other) => rate(other, failed && 'status="5xx"')),
        )
      : rate(family, failed && FAILED),
  );
};

/** Messages without an answer have no durations. */
const timed = (families: Family[]) => families.filter(({ counter }) => !counter.endsWith('_messages_total'));

const buckets = ({ counter }: Family) => counter.replace(/_total$/, '_duration_seconds_total_bucket');

export const requestQuantile = (q: number, families: Family[], inbound: boolean, scope: Scope): string =>
  union(
    timed(families),
    inbound,
    (family) =>
      `histogram_quantile(${q}, sum by (${labels(inbound)}, le) (rate(${buckets(family)}${selector(ofContainer(scope.container))}[${scope.window}])))`,
  );

const byEdge = (metric: string, { container, window }: Scope, rate: boolean) => {
  const series = `${metric}${selector(ofContainer(container))}`;
  return `sum by (${EDGE}) (${rate ? `rate(${series}[${window}])` : series})`;
};

export const activeConnections = (scope: Scope): string =>
  byEdge('container_net_tcp_active_connections', scope, false);
export const connects = (scope: Scope): string =>
  byEdge('container_net_tcp_successful_connects_total', scope, true);
export const failedConnects = (scope: Scope): string =>
  byEdge('container_net_tcp_failed_connects_total', scope, true);
export const retransmits = (scope: Scope): string =>
  byEdge('container_net_tcp_retransmits_total', scope, true);
export const sentBytes = (scope: Scope): string => byEdge('container_net_tcp_bytes_sent_total', scope, true);
export const receivedBytes = (scope: Scope): string =>
  byEdge('container_net_tcp_bytes_received_total', scope, true);

/** Addresses on which containers accept connections. */
export const LISTENS = 'container_net_tcp_listen_info';

const perContainer = (inner: string) => `sum by (${CONTAINER}) (${inner})`;

export const containers = (scope: Scope): string =>
  `group by (${CONTAINER}, image) (container_info${selector(ofContainer(scope.container))})`;
export const applicationTypes = (scope: Scope): string =>
  `group by (${CONTAINER}, application_type) (container_application_type${selector(ofContainer(scope.container))})`;
export const cpu = ({ container, window }: Scope): string =>
  perContainer(
    `rate(container_resources_cpu_usage_seconds_total${selector(ofContainer(container))}[${window}])`,
  );
export const throttled = ({ container, window }: Scope): string =>
  perContainer(
    `rate(container_resources_cpu_throttled_seconds_total${selector(ofContainer(container))}[${window}])`,
  );
export const memory = ({ container }: Scope): string =>
  perContainer(`container_resources_memory_rss_bytes${selector(ofContainer(container))}`);
export const cache = ({ container }: Scope): string =>
  perContainer(`container_resources_memory_cache_bytes${selector(ofContainer(container))}`);
export const restarts = ({ container }: Scope): string =>
  perContainer(`container_restarts_total${selector(ofContainer(container))}`);
export const oomKills = ({ container }: Scope): string =>
  perContainer(`container_oom_kills_total${selector(ofContainer(container))}`);

/** Time and number of calls of the statements of a container. */
export const statementTime = ({ container, window }: Scope): string =>
  `topk(20, sum by (protocol, destination, statement) (rate(tethys_container_statement_seconds_total${selector(ofContainer(container))}[${window}])))`;
export const statementCalls = ({ container, window }: Scope): string =>
  `sum by (protocol, destination, statement) (rate(tethys_container_statements_total${selector(ofContainer(container))}[${window}]))`;

/** Nodes: one row each. */
export const NODE = 'machine_id, instance';
export const nodes = (): string => `group by (${NODE}, hostname, kernel_version) (node_info)`;
export const nodeCpu = (window: string): string =>
  `1 - sum by (${NODE}) (rate(node_resources_cpu_usage_seconds_total{mode="idle"}[${window}])) / sum by (${NODE}) (rate(node_resources_cpu_usage_seconds_total[${window}]))`;
export const nodeCores = (): string => `sum by (${NODE}) (node_resources_cpu_logical_cores)`;
export const nodeMemory = (): string => `sum by (${NODE}) (node_resources_memory_total_bytes)`;
export const nodeAvailable = (): string => `sum by (${NODE}) (node_resources_memory_available_bytes)`;
export const nodeReceived = (window: string): string =>
  `sum by (${NODE}) (rate(node_net_received_bytes_total[${window}]))`;
export const nodeSent = (window: string): string =>
  `sum by (${NODE}) (rate(node_net_transmitted_bytes_total[${window}]))`;
export const nodeUptime = (): string => `max by (${NODE}) (node_uptime_seconds)`;
export const nodeContainers = (): string => `count by (${NODE}) (container_info)`;
