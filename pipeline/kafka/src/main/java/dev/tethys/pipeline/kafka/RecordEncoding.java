package dev.tethys.pipeline.kafka;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;

/** In what form telemetry stands in a record of a topic. */
public enum RecordEncoding {
  /** An Export…ServiceRequest of OTLP. */
  OTLP_PROTO("otlp_proto", EnumSet.of(Signal.METRICS, Signal.LOGS, Signal.TRACES)),
  /** The same as JSON. */
  OTLP_JSON("otlp_json", EnumSet.of(Signal.METRICS, Signal.LOGS, Signal.TRACES)),
  /** A remote write 1.0 request, snappy's block format; Clymene's {@code protobuf}. */
  REMOTE_WRITE("remote_write", EnumSet.of(Signal.METRICS)),
  /** A remote write request as JSON; Clymene's {@code json}. */
  CLYMENE_JSON("clymene_json", EnumSet.of(Signal.METRICS)),
  /** A flat JSON object a sample; Clymene's {@code flatten-for-druid}. */
  CLYMENE_FLAT("clymene_flat", EnumSet.of(Signal.METRICS)),
  /** Lines with the labels of their streams; what Clymene's Promtail writes. */
  CLYMENE_LOGS("clymene_logs", EnumSet.of(Signal.LOGS)),
  /** The body of one log record, its text as it stands. */
  RAW("raw", EnumSet.of(Signal.LOGS));

  private final String word;

  @SuppressWarnings("ImmutableEnumChecker") // made unmodifiable
  private final Set<Signal> signals;

  RecordEncoding(String word, Set<Signal> signals) {
    this.word = word;
    this.signals = Set.copyOf(signals);
  }

  /** How configurations call it. */
  public String word() {
    return word;
  }

  /** What it can carry. */
  public Set<Signal> signals() {
    return signals;
  }

  /** Reads one that carries a signal. */
  static Type<RecordEncoding> type(Signal signal) {
    SequencedMap<String, RecordEncoding> words = new LinkedHashMap<>();
    for (RecordEncoding e : values()) {
      if (e.signals.contains(signal)) {
        words.put(e.word, e);
      }
    }
    return Type.oneOf("encoding of " + signal.name().toLowerCase(java.util.Locale.ROOT), words);
  }
}
