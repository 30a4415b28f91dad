package dev.tethys.pipeline.exporter.messages;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.util.EnumSet;
import java.util.function.Predicate;

/**
 * Encoding and topic settings shared by exporters to brokers.
 *
 * @param where the position of the encoding, for errors
 * @param maxNames maximum number of topics built from labels
 * @param maxBytes maximum message size in bytes
 */
public record MessageSettings(
    NameTemplate topic,
    int maxNames,
    MessageEncoding encoding,
    String where,
    RowSettings rows,
    int maxBytes) {
  /** The label of a topic that represents metrics, logs or traces. */
  static final String SIGNAL = "signal";

  /** The keys, added to the section of an exporter. */
  public static final class Keys {
    private final Key<String> topic;
    private final Key<Long> maxNames;
    private final Key<MessageEncoding> encoding;
    private final Key<Long> maxBytes;
    private final RowSettings.Keys rows;

    /**
     * Adds the keys.
     *
     * @param topicKey the broker's term for the destination
     * @param usual default destination
     */
    public Keys(Section s, String topicKey, String usual, int bytes) {
      topic =
          s.key(
              topicKey,
              Type.STRING,
              usual,
              "Topic of messages. {signal} is replaced by metrics, logs or traces; "
                  + "any other {name} by a resource attribute or, for encodings by sample, "
                  + "by a label.");
      maxNames = BoundedNames.key(s, 10_000);
      encoding =
          s.key(
              "encoding",
              Type.lowerCase("encoding", MessageEncoding.class),
              MessageEncoding.OTLP_PROTO,
              "Encoding of messages: otlp_proto or otlp_json; for metrics also json "
                  + "or influx.");
      maxBytes =
          s.key("max_message_bytes", Type.INT, (long) bytes, "Maximum size of a message in bytes.");
      rows =
          new RowSettings.Keys(
              s,
              HistogramRule.CLASSIC,
              EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
              1000,
              bytes);
    }

    /**
     * Reads the keys from a map that may contain others.
     *
     * @param legal checks the text around labels
     * @param rule description of that rule
     */
    public MessageSettings read(YamlObject o, Predicate<NameTemplate> legal, String rule) {
      NameTemplate t;
      try {
        t = NameTemplate.parse(o.get(topic));
      } catch (IllegalArgumentException e) {
        throw o.error(topic, topic.name() + ": " + e.getMessage());
      }
      if (!legal.test(t)) {
        throw o.error(topic, topic.name() + " must be " + rule);
      }
      long most = o.get(maxBytes);
      if (most < 1024 || most > 256 << 20) {
        throw o.error(maxBytes, "max_message_bytes must be 1024 to " + (256 << 20));
      }
      RowSettings r = rows.read(o);
      return new MessageSettings(
          t,
          BoundedNames.read(o, maxNames),
          o.get(encoding),
          o.node().where(),
          // A row that arrives after the limit is reached is added to the next message.
          new RowSettings(
              r.otlp(), r.histograms(), r.maxItems(), (int) Math.min(r.maxBytes(), most / 2)),
          (int) most);
    }
  }

  /**
   * Checks whether a signal can be sent so.
   *
   * @throws ConfigException if the encoding does not carry it
   */
  public void check(Signal signal) {
    if (encoding.isRows() && signal != Signal.METRICS) {
      throw new ConfigException(
          where,
          "the encodings json and influx support only metrics: "
              + signal.name().toLowerCase(java.util.Locale.ROOT)
              + " require otlp_proto or otlp_json");
    }
  }
}
