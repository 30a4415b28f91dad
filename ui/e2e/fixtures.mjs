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
