/** An answer of /api/v1/targets with many targets, every hundredth of them down. */
export function manyTargets(count) {
  const activeTargets = Array.from({ length: count }, (_, i) => {
    const down = i % 100 === 1;
    const instance = `host-${i}.example:9100`;
    const scrapePool = `pool-${i % 4}`;
    return {
      discoveredLabels: { __address__: instance, __meta_kubernetes_pod_name: `pod-${i}`, job: scrapePool },
      labels: { instance, job: scrapePool, zone: `zone-${i % 3}` },
      scrapePool,
      scrapeUrl: `http://${instance}/metrics`,
      globalUrl: `http://${instance}/metrics`,
      lastError: down ? `Get "http://${instance}/metrics": dial tcp: i/o timeout` : '',
      lastScrape: new Date(Date.now() - 3000).toISOString(),
      lastScrapeDuration: 0.012,
      health: down ? 'down' : 'up',
      scrapeInterval: '15s',
      scrapeTimeout: '10s',
    };
  });
  return { status: 'success', data: { activeTargets, droppedTargets: [], droppedTargetCounts: {} } };
}

/** An answer of /api/v1/status/queries: one runs, one waits. */
export function runningQueries() {
  const query = (id, text, state, over) => ({
    id,
    query: text,
    state,
    user: 'ann',
    client: '10.0.0.7',
    method: 'GET',
    path: '/api/v1/query_range',
    priority: 'interactive',
    since: new Date(Date.now() - 4000).toISOString(),
    elapsedSeconds: 4.2,
    queuedSeconds: 0.3,
    samples: 12_300_000,
    bytes: 40_000_000,
    peakBytes: 81_000_000,
    ...over,
  });
  const cost = (text, calls, seconds) => ({
    query: text,
    calls,
    failures: calls > 1000 ? 3 : 0,
    seconds,
    cpuSeconds: seconds * 1.4,
    samples: Math.round(seconds * 4e6),
    maxSeconds: (seconds / calls) * 3,
    maxBytes: seconds * 9e6,
    last: new Date(Date.now() - 9000).toISOString(),
  });
  return {
    status: 'success',
    data: {
      queries: [
        query(98, 'sum by (path) (rate(http_request_duration_seconds_bucket{job="api"}[5m]))', 'running'),
        query(99, 'count by (__name__) ({__name__=~".+"})', 'queued', { samples: 0, bytes: 0, peakBytes: 0 }),
      ],
      top: [
        cost(
          'histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))',
          1840,
          96,
        ),
        cost('sum by (job) (rate(http_requests_total[1m]))', 5200, 31),
        cost('topk(10, node_filesystem_avail_bytes / node_filesystem_size_bytes)', 610, 4.5),
      ],
      maxConcurrent: 20,
      memory: { bytes: 121_000_000, maxBytes: 1_073_741_824 },
    },
  };
}

/** A store of two days: answers of /api/v1/status/storage and of /api/v1/status/tsdb/blocks. */
export function storage() {
  const hour = 3_600_000;
  const now = Math.floor(Date.now() / hour) * hour;
  const block = (i, from, to, level) => ({
    ulid: `01M7WH6661500XE9HR3ZPDZP${String(i).padStart(2, '0')}`,
    minTime: now - from * hour,
    maxTime: now - to * hour,
    stats: {
      numSamples: (from - to) * 5_040_000,
      numSeries: 21_000 + i * 120,
      numChunks: 160_000,
      numBytes: Math.round((from - to) * 5_040_000 * (0.9 - level * 0.08)),
    },
    compaction: { level },
  });
  const blocks = [
    block(1, 49, 31, 3),
    block(2, 31, 13, 3),
    block(3, 13, 7, 2),
    block(4, 7, 5, 1),
    block(5, 5, 3, 1),
    block(6, 3, 1, 1),
    block(7, 25, 19, 1),
    block(8, 9, 8, 1),
    { ...block(9, 49, 13, 3), tethys: { downsample: { resolution: 300_000 } } },
  ];
  const sum = (name) => blocks.reduce((all, b) => all + b.stats[name], 0);
  const encoding = (name, samples, bytes) => ({
    name,
    chunks: samples > 0 ? Math.round(samples / 2000) : 0,
    samples,
    bytes,
    ...(samples > 0 ? { bytesPerSample: bytes / samples } : {}),
  });
  const all = sum('numSamples');
  return {
    blocks: { status: 'success', data: { blocks } },
    status: {
      status: 'success',
      data: {
        head: {
          series: 21_840,
          chunks: 43_000,
          minTime: now - hour,
          maxTime: now + hour / 2,
          floatSamples: all,
          histogramSamples: 12_000,
          lateSamples: 310,
        },
        churn: { windowMillis: hour, seriesCreated: 2100, seriesRemoved: 1900 },
        log: { bytes: 48_000_000, segment: 212 },
        blocks: { count: 8, bytes: sum('numBytes'), samples: all, series: 172_000, chunks: 1_280_000 },
        work: {
          flushes: 24,
          earlyFlushes: 3,
          compactions: 33,
          failures: 0,
          checkpoints: 18,
          checkpointFailures: 0,
          blocksRemovedByAge: 6,
          blocksRemovedBySize: 0,
        },
        metadata: { families: 310, limit: 200_000, dropped: 0 },
        memory: {
          usedBytes: 61_200_000,
          limitBytes: 80_000_000,
          state: 'flushing',
          seriesRefused: 0,
          writersDelayedMillis: 0,
          owners: [
            { name: 'series', value: 16_800_000 },
            { name: 'samples', value: 41_000_000 },
            { name: 'exemplars', value: 1_100_000 },
            { name: 'metadata', value: 300_000 },
            { name: 'buffers', value: 2_000_000 },
          ],
        },
        downsampled: [
          {
            resolution: '5m',
            configured: true,
            resolutionMillis: 300_000,
            afterMillis: 12 * hour,
            keepMillis: 180 * 24 * hour,
            blocks: 1,
            bytes: 1_210_000,
            buckets: 907_200,
            minTime: now - 49 * hour,
            maxTime: now - 13 * hour,
          },
          {
            resolution: '1h',
            configured: false,
            resolutionMillis: hour,
            afterMillis: 0,
            keepMillis: 0,
            blocks: 0,
            bytes: 0,
            buckets: 0,
          },
        ],
        encodings: [
          encoding('byte planes', all * 0.21, 96_000_000),
          encoding('integer differences', all * 0.34, 31_000_000),
          encoding('timestamps', 0, 14_000_000),
          encoding('labels', 0, 4_100_000),
          encoding('constant', all * 0.45, 2_400_000),
          encoding('postings', 0, 900_000),
        ],
      },
    },
  };
}

/** How sending to two Alertmanagers goes: one takes alerts, the other has fallen silent. */
export function deliveries() {
  const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
  const one = {
    url: 'http://alertmanager-0:9093/api/v2/alerts',
    waiting: 0,
    capacity: 10_000,
    sent: 2417,
    dropped: { queueFull: 0, refused: 0, outOfDate: 0 },
    lastDelivery: at(14),
  };
  const other = {
    ...one,
    url: 'http://alertmanager-1:9093/api/v2/alerts',
    waiting: 17,
    sent: 1986,
    dropped: { queueFull: 0, refused: 0, outOfDate: 4 },
    lastDelivery: at(7210),
    failingSince: at(7150),
    lastFailure: at(9),
    lastError: 'Post "http://alertmanager-1:9093/api/v2/alerts": connect: connection refused',
  };
  return [one, other];
}

/** An answer of /api/v1/rules: alerts in all states, a recording rule, a rule that fails. */
export function ruleGroups() {
  const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
  const evaluated = { health: 'ok', evaluationTime: 0.0023, lastEvaluation: at(12) };
  const alert = (state, labels, annotations, value) => ({
    state,
    labels,
    annotations,
    activeAt: at(state === 'firing' ? 4000 : 40),
    value,
  });
  const alerting = (name, query, state, alerts, over) => ({
    type: 'alerting',
    name,
    query,
    state,
    duration: 300,
    keepFiringFor: 0,
    labels: { severity: 'page' },
    annotations: { summary: `{{ $labels.instance }}: ${name}`, runbook: 'https://runbooks.example/disk' },
    alerts,
    ...evaluated,
    ...over,
  });
  const labels = (name, instance) => ({ alertname: name, instance, job: 'node', severity: 'page' });
  return {
    status: 'success',
    data: {
      groups: [
        {
          name: 'host',
          file: '/etc/prometheus/rules/host.yml',
          interval: 30,
          evaluationTime: 0.0061,
          lastEvaluation: at(12),
          rules: [
            alerting(
              'DiskWillFill',
              'predict_linear(node_filesystem_avail_bytes{fstype!="tmpfs"}[6h], 86400) < 0',
              'firing',
              [
                alert(
                  'firing',
                  { ...labels('DiskWillFill', 'db-7:9100'), mountpoint: '/var/lib' },
                  { summary: 'db-7:9100 is full within a day', runbook: 'https://runbooks.example/disk' },
                  '-2.31e+09',
                ),
                alert(
                  'pending',
                  { ...labels('DiskWillFill', 'db-9:9100'), mountpoint: '/' },
                  { summary: 'db-9:9100 is full within a day' },
                  '-4.1e+07',
                ),
              ],
            ),
            alerting('HostDown', 'up{job="node"} == 0', 'pending', [
              alert(
                'pending',
                labels('HostDown', 'web-3:9100'),
                { summary: 'web-3:9100 does not answer' },
                '0',
              ),
            ]),
            alerting('ClockSkew', 'abs(node_timex_offset_seconds) > 0.05', 'inactive', []),
          ],
        },
        {
          name: 'cpu',
          file: '/etc/prometheus/rules/cpu.yml',
          interval: 60,
          evaluationTime: 0.41,
          lastEvaluation: at(31),
          rules: [
            {
              type: 'recording',
              name: 'instance_mode:node_cpu:rate5m',
              query: 'sum by (instance, mode) (rate(node_cpu_seconds_total[5m]))',
              ...evaluated,
            },
            {
              type: 'recording',
              name: 'instance:node_load:ratio',
              query: 'node_load1 / on(job) count by (job) (node_cpu_seconds_total)',
              ...evaluated,
              health: 'err',
              lastError: 'found duplicate series for the match group: many-to-many matching not allowed',
            },
          ],
        },
      ],
    },
  };
}

/** An answer of /api/v1/pipelines with many components: receivers with two processors and an exporter each. */
export function manyComponents(count) {
  const nodes = [];
  const edges = [];
  const balance = {
    in: 5,
    created: 0,
    restored: 0,
    revived: 0,
    out: 5,
    held: 0,
    deadLettered: 0,
    dropped: {},
    returned: 0,
    kept: 0,
  };
  const seconds = Date.now() / 1000;
  const node = (kind, name, part = '') => {
    const id = `${kind}:${name}${part ? `@${part}` : ''}`;
    nodes.push({ id, kind, component: name, part, where: 'c.yaml:1:1', signals: { logs: balance } });
    return id;
  };
  const edge = (from, to, pipeline, i) =>
    edges.push({
      id: `${from}..${pipeline}..${to}`,
      from,
      to,
      pipeline,
      batches: Math.round(seconds),
      items: Math.round(seconds * (i % 50)),
      bytes: Math.round(seconds * (i % 50) * 100),
    });
  for (let i = 0; nodes.length + 4 <= count; i++) {
    const pipeline = `logs/${i}`;
    const chain = [
      node('receiver', `receiver-${i}`),
      node('processor', 'batch', pipeline),
      node('processor', 'filter', pipeline),
      node('exporter', `exporter-${i}`, 'logs'),
    ];
    for (let k = 0; k < 3; k++) edge(chain[k], chain[k + 1], pipeline, i);
    if (i % 3 === 2) edge(chain[2], `exporter:exporter-${i - 1}@logs`, pipeline, i);
  }
  return { status: 'success', data: { time: Date.now(), tap: false, nodes, edges } };
}

/** An answer of Alertmanager's /api/v2/alerts/groups: so many alerts, a group for each hundred. */
export function manyAlertGroups(count) {
  const now = Date.now();
  const groups = [];
  for (let i = 0; i < count; i++) {
    const alertname = `Alert${Math.floor(i / 100)}`;
    if (i % 100 === 0) groups.push({ labels: { alertname }, receiver: { name: 'team' }, alerts: [] });
    groups.at(-1).alerts.push({
      labels: { alertname, instance: `host-${i}:9100`, severity: i % 5 ? 'info' : 'page', zone: `z${i % 7}` },
      annotations: { summary: `host-${i} has a problem that takes a sentence to describe` },
      startsAt: new Date(now - i * 1000).toISOString(),
      endsAt: new Date(now + 300_000).toISOString(),
      updatedAt: new Date(now).toISOString(),
      fingerprint: i.toString(16).padStart(16, '0'),
      receivers: [{ name: 'team' }],
      status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
    });
  }
  return groups;
}
