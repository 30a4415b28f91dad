package dev.tethys.alert.manager.recorder;

import dev.tethys.model.exposition.Registry;

/** Metrics of the event recorder, named as in Alertmanager. */
public final class RecorderMetrics {
  private final Registry.Vector<Registry.Counter> recorded;
  private final Registry.Vector<Registry.Counter> bytes;
  private final Registry.Vector<Registry.Counter> dropped;
  private final Registry.Vector<Registry.Counter> unencoded;
  private final Registry.Vector<Registry.Counter> outputDrops;
  private final Registry.Vector<Registry.Counter> kafkaErrors;

  RecorderMetrics(Registry registry) {
    recorded =
        registry.counters(
            "alertmanager_events_recorded_total",
            "The total number of events recorded by the event recorder.",
            "event_type",
            "output",
            "result");
    bytes =
        registry.counters(
            "alertmanager_event_recorder_bytes_written_total",
            "The total number of bytes written to the event recorder.",
            "event_type",
            "output");
    dropped =
        registry.counters(
            "alertmanager_events_dropped_total",
            "The total number of events dropped due to a full queue.",
            "event_type");
    unencoded =
        registry.counters(
            "alertmanager_event_serialize_errors_total",
            "The total number of events that failed to serialize.",
            "event_type");
    outputDrops =
        registry.counters(
            "alertmanager_event_output_drops_total",
            "The total number of events dropped by an output due to a full local buffer.",
            "output");
    kafkaErrors =
        registry.counters(
            "alertmanager_event_kafka_produce_errors_total",
            "The total number of Kafka produce attempts that failed.",
            "output",
            "error_type");
  }

  void written(EventKind kind, String output, int size) {
    recorded.with(kind.text(), output, "success").inc();
    bytes.with(kind.text(), output).add(size);
  }

  void failed(EventKind kind, String output) {
    recorded.with(kind.text(), output, "error").inc();
  }

  void dropped(EventKind kind) {
    dropped.with(kind.text()).inc();
  }

  void unencoded(EventKind kind) {
    unencoded.with(kind.text()).inc();
  }

  /** Counts events dropped by an output because its queue was full or its time had run out. */
  public void droppedBy(String output, int events) {
    outputDrops.with(output).add(events);
  }

  /** Initializes the series of an output before the first drop. */
  public void queues(String output) {
    outputDrops.with(output);
  }

  /** Counts a record rejected by Kafka. */
  public void notProduced(String output, String kind) {
    kafkaErrors.with(output, kind).inc();
  }
}
