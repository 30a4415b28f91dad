package dev.tethys.pipeline.kafka;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/** Encoding of telemetry in a record of a topic. */
public enum RecordEncoding {
  /** An Export…ServiceRequest of OTLP. */
  OTLP_PROTO("otlp_proto", EnumSet.allOf(Signal.class)),
  /** The same as JSON. */
  OTLP_JSON("otlp_json", EnumSet.allOf(Signal.class)),
  /** Remote write 1.0 request in Snappy's block format; Clymene's {@code protobuf}. */
  REMOTE_WRITE("remote_write", EnumSet.of(Signal.METRICS)),
  /** Remote write request as JSON; Clymene's {@code json}. */
  CLYMENE_JSON("clymene_json", EnumSet.of(Signal.METRICS)),
  /** Flat JSON object per sample; Clymene's {@code flatten-for-druid}. */
  CLYMENE_FLAT("clymene_flat", EnumSet.of(Signal.METRICS)),
  /** Lines with the labels of their streams, as written by Clymene's Promtail. */
  CLYMENE_LOGS("clymene_logs", EnumSet.of(Signal.LOGS)),
  /** Body of one log record: bytes unchanged, everything else as JSON; read as bytes. */
  RAW("raw", EnumSet.of(Signal.LOGS)),
  /** Text of one log record; invalid characters are read as U+FFFD. */
  TEXT("text", EnumSet.of(Signal.LOGS)),
  /** Azure Monitor's messages on an event hub. Read only. */
  AZURE_RESOURCE_LOGS("azure_resource_logs", EnumSet.of(Signal.LOGS), false),
  /** JSON value that is the body of one log record. Read only. */
  JSON("json", EnumSet.of(Signal.LOGS), false),
  /** List of Zipkin v2 spans as JSON. */
  ZIPKIN_JSON("zipkin_json", EnumSet.of(Signal.TRACES)),
  /** List of Zipkin v2 spans as protobuf. */
  ZIPKIN_PROTO("zipkin_proto", EnumSet.of(Signal.TRACES)),
  /** List of Zipkin v1 spans in Thrift. Read only. */
  ZIPKIN_THRIFT("zipkin_thrift", EnumSet.of(Signal.TRACES), false),
  /** Single Jaeger span with its process, as written by Jaeger's collector. Read only. */
  JAEGER_PROTO("jaeger_proto", EnumSet.of(Signal.TRACES), false),
  /** Single Jaeger span in protobuf's JSON. Read only. */
  JAEGER_JSON("jaeger_json", EnumSet.of(Signal.TRACES), false);

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

  /** Returns the name in configurations. */
  public String word() {
    return word;
  }

  /**
   * Whether a record is one log record, so that those of a batch go together as {@link
   * LengthPrefixedValues}.
   */
  boolean isLine() {
    return this == RAW || this == TEXT;
  }

  /** Whether it carries metrics as series with labels, not as OTLP. */
  boolean isSeries() {
    return this == REMOTE_WRITE || this == CLYMENE_JSON || this == CLYMENE_FLAT;
  }

  /** Returns the supported signals. */
  public Set<Signal> signals() {
    return signals;
  }

  /**
   * Content type of a topic's records.
   *
   * @param charset charset used by {@link #TEXT}
   */
  record Reading(RecordEncoding encoding, Charset charset) {
    Reading(RecordEncoding encoding) {
      this(encoding, StandardCharsets.UTF_8);
    }
  }

  /** Returns the type of encodings for writing a signal. */
  static Type<RecordEncoding> written(Signal signal) {
    return type(signal, true);
  }

  /**
   * Returns the type of encodings for reading a signal; {@code text_NAME} is text in that character
   * set.
   */
  static Type<Reading> read(Signal signal) {
    Type<RecordEncoding> words = type(signal, false);
    if (!TEXT.signals.contains(signal)) {
      return Type.of(words.name(), null, n -> new Reading(words.read(n)));
    }
    return Type.of(
        words.name() + " | text_<character set>",
        null,
        n -> {
          String word = n.asString();
          if (!word.startsWith("text_")) {
            return new Reading(words.read(n));
          }
          try {
            return new Reading(TEXT, Charset.forName(word.substring(5)));
          } catch (IllegalArgumentException e) {
            throw n.error("there is no character set \"" + word.substring(5) + "\"");
          }
        });
  }

  /** Whether an encoding with this name supports reading a signal. */
  static boolean isWord(Signal signal, String word) {
    return word.startsWith("text_")
        ? TEXT.signals.contains(signal)
        : Stream.of(values()).anyMatch(e -> e.word.equals(word) && e.signals.contains(signal));
  }

  private static Type<RecordEncoding> type(Signal signal, boolean toWrite) {
    SequencedMap<String, RecordEncoding> words = new LinkedHashMap<>();
    for (RecordEncoding e : values()) {
      if (e.signals.contains(signal) && (e.written || !toWrite)) {
        words.put(e.word, e);
      }
    }
    return Type.oneOf("encoding of " + signal.name().toLowerCase(java.util.Locale.ROOT), words);
  }
}
