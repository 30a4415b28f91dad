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
  OTLP_PROTO("otlp_proto", EnumSet.allOf(Signal.class)),
  /** The same as JSON. */
  OTLP_JSON("otlp_json", EnumSet.allOf(Signal.class)),
  /** A remote write 1.0 request, snappy's block format; Clymene's {@code protobuf}. */
  REMOTE_WRITE("remote_write", EnumSet.of(Signal.METRICS)),
  /** A remote write request as JSON; Clymene's {@code json}. */
  CLYMENE_JSON("clymene_json", EnumSet.of(Signal.METRICS)),
  /** A flat JSON object a sample; Clymene's {@code flatten-for-druid}. */
  CLYMENE_FLAT("clymene_flat", EnumSet.of(Signal.METRICS)),
  /** Lines with the labels of their streams; what Clymene's Promtail writes. */
  CLYMENE_LOGS("clymene_logs", EnumSet.of(Signal.LOGS)),
  /** The body of one log record, its text as it stands. */
  RAW("raw", EnumSet.of(Signal.LOGS)),
  /** The text of one log record; what is no UTF-8 becomes U+FFFD. Read only. */
  TEXT("text", EnumSet.of(Signal.LOGS), false),
  /** A JSON value that is the body of one log record. Read only. */
  JSON("json", EnumSet.of(Signal.LOGS), false),
  /** A list of Zipkin's spans, version 2, as JSON. Read only. */
  ZIPKIN_JSON("zipkin_json", EnumSet.of(Signal.TRACES), false),
  /** The same as protobuf. Read only. */
  ZIPKIN_PROTO("zipkin_proto", EnumSet.of(Signal.TRACES), false),
  /** One span of Jaeger with its process, as its collector writes it. Read only. */
  JAEGER_PROTO("jaeger_proto", EnumSet.of(Signal.TRACES), false);

  private final String word;

  @SuppressWarnings("ImmutableEnumChecker") // made unmodifiable
  private final Set<Signal> signals;

  private final boolean written;

  RecordEncoding(String word, Set<Signal> signals) {
    this(word, signals, true);
  }

  RecordEncoding(String word, Set<Signal> signals, boolean written) {
    this.word = word;
    this.written = written;
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

  /**
   * Reads one that carries a signal.
   *
   * @param toWrite whether records are written in it
   */
  static Type<RecordEncoding> type(Signal signal, boolean toWrite) {
    SequencedMap<String, RecordEncoding> words = new LinkedHashMap<>();
    for (RecordEncoding e : values()) {
      if (e.signals.contains(signal) && (e.written || !toWrite)) {
        words.put(e.word, e);
      }
    }
    return Type.oneOf("encoding of " + signal.name().toLowerCase(java.util.Locale.ROOT), words);
  }
}
