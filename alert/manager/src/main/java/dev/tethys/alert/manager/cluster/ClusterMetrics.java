package dev.tethys.alert.manager.cluster;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.util.List;

/** Cluster metrics, named as in Alertmanager. */
final class ClusterMetrics {
  private static final String FULL = "full_state";
  private static final String UPDATE = "update";
  private static final double[] PINGS = {.005, .01, .025, .05, .1, .25, .5};
  private static final double[] SECONDS = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

  /** Maximum number of peers with a separate label value in metrics. */
  private static final int MAX_PEERS = 1000;

  final Registry.Counter reconnectionsFailed;
  final Registry.Counter reconnections;
  final Registry.Counter refreshFailed;
  final Registry.Counter refreshed;
  final Registry.Counter left;
  final Registry.Counter updated;
  final Registry.Counter joined;
  final Registry.Counter conflicts;
  private final Registry.Vector<Registry.Counter> received;
  private final Registry.Vector<Registry.Counter> receivedBytes;
  private final Registry.Vector<Registry.Counter> sent;
  private final Registry.Vector<Registry.Counter> sentBytes;
  private final Registry.Vector<Registry.Counter> alive;
  private final Registry.Vector<Registry.BucketHistogram> pings;
  private final Registry.Vector<Registry.Counter> oversizedSent;
  private final Registry.Vector<Registry.Counter> oversizedFailed;
  private final Registry.Vector<Registry.Counter> oversizedDropped;
  private final Registry.Vector<Registry.BucketHistogram> oversizedSeconds;
  private final java.util.Set<String> peers = java.util.concurrent.ConcurrentHashMap.newKeySet();

  ClusterMetrics(Registry r, String name) {
    r.register(
        to ->
            to.accept(
                new MetricFamily(
                    "alertmanager_cluster_peer_info",
                    MetricType.GAUGE,
                    "A metric with a constant '1' value labeled by peer name.",
                    "",
                    List.of(new MetricFamily.Metric(Labels.of("peer", name), 1.0)))));
    reconnectionsFailed =
        r.counter(
            "alertmanager_cluster_reconnections_failed_total",
            "A counter of the number of failed cluster peer reconnection attempts.");
    reconnections =
        r.counter(
            "alertmanager_cluster_reconnections_total",
            "A counter of the number of cluster peer reconnections.");
    refreshFailed =
        r.counter(
            "alertmanager_cluster_refresh_join_failed_total",
            "A counter of the number of failed cluster peer joined attempts via refresh.");
    refreshed =
        r.counter(
            "alertmanager_cluster_refresh_join_total",
            "A counter of the number of cluster peer joined via refresh.");
    left =
        r.counter(
            "alertmanager_cluster_peers_left_total",
            "A counter of the number of peers that have left.");
    updated =
        r.counter(
            "alertmanager_cluster_peers_update_total",
            "A counter of the number of peers that have updated metadata.");
    joined =
        r.counter(
            "alertmanager_cluster_peers_joined_total",
            "A counter of the number of peers that have joined.");
    conflicts =
        r.counter(
            "alertmanager_cluster_peer_name_conflicts_total",
            "Total number of times memberlist has noticed conflicting peer names");
    received =
        r.counters(
            "alertmanager_cluster_messages_received_total",
            "Total number of cluster messages received.",
            "msg_type");
    receivedBytes =
        r.counters(
            "alertmanager_cluster_messages_received_size_total",
            "Total size of cluster messages received.",
            "msg_type");
    sent =
        r.counters(
            "alertmanager_cluster_messages_sent_total",
            "Total number of cluster messages sent.",
            "msg_type");
    sentBytes =
        r.counters(
            "alertmanager_cluster_messages_sent_size_total",
            "Total size of cluster messages sent.",
            "msg_type");
    for (String type : new String[] {FULL, UPDATE}) {
      received.with(type);
      receivedBytes.with(type);
      sent.with(type);
      sentBytes.with(type);
    }
    alive =
        r.counters(
            "alertmanager_cluster_alive_messages_total",
            "Total number of received alive messages.",
            "peer");
    pings =
        r.histograms(
            "alertmanager_cluster_pings_seconds",
            "Histogram of latencies for ping messages.",
            PINGS,
            "peer");
    oversizedSent =
        r.counters(
            "alertmanager_oversized_gossip_message_sent_total",
            "Number of oversized gossip message sent.",
            "key");
    oversizedFailed =
        r.counters(
            "alertmanager_oversized_gossip_message_failure_total",
            "Number of oversized gossip message sends that failed.",
            "key");
    oversizedDropped =
        r.counters(
            "alertmanager_oversized_gossip_message_dropped_total",
            "Number of oversized gossip messages that were dropped due to a full message queue.",
            "key");
    oversizedSeconds =
        r.histograms(
            "alertmanager_oversize_gossip_message_duration_seconds",
            "Duration of oversized gossip message requests.",
            SECONDS,
            "key");
  }

  /** Shows a state with zeros until it is used. */
  void key(String key) {
    oversizedSent.with(key);
    oversizedFailed.with(key);
    oversizedDropped.with(key);
    oversizedSeconds.with(key);
  }

  private boolean isShown(String peer) {
    return peers.contains(peer) || peers.size() < MAX_PEERS && peers.add(peer);
  }

  void alive(String peer) {
    if (isShown(peer)) {
      alive.with(peer).inc();
    }
  }

  void pinged(String peer, double seconds) {
    if (isShown(peer)) {
      pings.with(peer).observe(seconds);
    }
  }

  void receivedState(int bytes) {
    received.with(FULL).inc();
    receivedBytes.with(FULL).add(bytes);
  }

  void receivedUpdate(int bytes) {
    received.with(UPDATE).inc();
    receivedBytes.with(UPDATE).add(bytes);
  }

  void sentState(int bytes) {
    sent.with(FULL).inc();
    sentBytes.with(FULL).add(bytes);
  }

  void sentUpdate(int bytes) {
    sent.with(UPDATE).inc();
    sentBytes.with(UPDATE).add(bytes);
  }

  void oversized(String key, double seconds, boolean ok) {
    oversizedSent.with(key).inc();
    if (ok) {
      oversizedSeconds.with(key).observe(seconds);
    } else {
      oversizedFailed.with(key).inc();
    }
  }

  void oversizedDropped(String key) {
    oversizedDropped.with(key).inc();
  }
}
