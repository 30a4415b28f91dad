package dev.tethys.pipeline.exporter.loki;

import dev.tethys.model.exposition.Registry;

/** Counters of clients, named as in Promtail. One instance per process. */
public final class LokiMetrics {
  static final String GENERIC = "ingester_error";
  static final String RATE_LIMITED = "rate_limited";
  static final String STREAM_LIMITED = "stream_limited";
  static final String LINE_TOO_LONG = "line_too_long";

  private static final double[] BUCKETS = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

  final Registry.Vector<Registry.Counter> encodedBytes;
  final Registry.Vector<Registry.Counter> sentBytes;
  final Registry.Vector<Registry.Counter> sentEntries;
  final Registry.Vector<Registry.Counter> droppedBytes;
  final Registry.Vector<Registry.Counter> droppedEntries;
  final Registry.Vector<Registry.Counter> mutatedEntries;
  final Registry.Vector<Registry.Counter> mutatedBytes;
  final Registry.Vector<Registry.Counter> retries;
  final Registry.Vector<Registry.BucketHistogram> duration;

  /** Registers the families of all clients. */
  public LokiMetrics(Registry r) {
    encodedBytes =
        r.counters(
            "promtail_encoded_bytes_total", "Number of bytes encoded and ready to send.", "host");
    sentBytes = r.counters("promtail_sent_bytes_total", "Number of bytes sent.", "host");
    sentEntries =
        r.counters(
            "promtail_sent_entries_total", "Number of log entries sent to the ingester.", "host");
    droppedBytes =
        r.counters(
            "promtail_dropped_bytes_total",
            "Number of bytes dropped because failed to be sent to the ingester after all retries.",
            "host",
            "tenant",
            "reason");
    droppedEntries =
        r.counters(
            "promtail_dropped_entries_total",
            "Number of log entries dropped because failed to be sent to the ingester after all"
                + " retries.",
            "host",
            "tenant",
            "reason");
    mutatedEntries =
        r.counters(
            "promtail_mutated_entries_total",
            "The total number of log entries that have been mutated.",
            "host",
            "tenant",
            "reason");
    mutatedBytes =
        r.counters(
            "promtail_mutated_bytes_total",
            "The total number of bytes that have been mutated.",
            "host",
            "tenant",
            "reason");
    retries =
        r.counters(
            "promtail_batch_retries_total",
            "Number of times batches has had to be retried.",
            "host",
            "tenant");
    duration =
        r.histograms(
            "promtail_request_duration_seconds",
            "Duration of send requests.",
            BUCKETS,
            "status_code",
            "host");
  }

  /** Shows a client's counters from the start. */
  void begin(String host) {
    encodedBytes.with(host);
    sentBytes.with(host);
    sentEntries.with(host);
  }

  /** Shows a tenant's counters from the start. */
  void begin(String host, String tenant) {
    for (String reason : new String[] {GENERIC, RATE_LIMITED, STREAM_LIMITED, LINE_TOO_LONG}) {
      droppedBytes.with(host, tenant, reason);
      droppedEntries.with(host, tenant, reason);
      mutatedEntries.with(host, tenant, reason);
      mutatedBytes.with(host, tenant, reason);
    }
    retries.with(host, tenant);
  }

  void dropped(String host, String tenant, String reason, long entries, long bytes) {
    droppedEntries.with(host, tenant, reason).add(entries);
    droppedBytes.with(host, tenant, reason).add(bytes);
  }
}
