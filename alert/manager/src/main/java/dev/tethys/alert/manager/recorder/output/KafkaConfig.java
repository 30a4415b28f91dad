package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.KafkaTopics;
import dev.tethys.alert.manager.recorder.OutputConfig;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * A topic of Kafka.
 *
 * @param target the brokers are sorted, so that reordering them is not a change
 */
record KafkaConfig(KafkaTopics.Target target, boolean protobuf, int bufferSize)
    implements OutputConfig {
  private static final int MOST_BUFFERED = 1 << 20;

  static final Section SECTION =
      new Section("kafka_output", "Events as records of a Kafka topic, keyed by host.");
  private static final Key<List<String>> BROKERS =
      SECTION.key(
          "brokers",
          Type.list(Type.STRING),
          List.of(),
          "Brokers to connect to first, as host:port.");
  private static final Key<String> TOPIC =
      SECTION.key("topic", Type.STRING, "", "Existing topic; required.");
  private static final Key<String> CLIENT_ID =
      SECTION.key("client_id", Type.STRING, "", "Client ID; alertmanager by default.");
  private static final Key<String> FORMAT =
      SECTION.key(
          "format",
          Type.oneOf("format", List.of("json", "protobuf")),
          "json",
          "Encoding: json, or protobuf as in Alertmanager's eventrecorder.proto.");
  private static final Key<Integer> ACKS =
      SECTION.key(
          "acks",
          acks(),
          1,
          "Required acknowledgements: none, leader or all; with all, retries of the client write no"
              + " duplicates.");
  private static final Key<String> COMPRESSION =
      SECTION.key(
          "compression",
          Type.oneOf("compression", List.of("none", "gzip", "snappy", "lz4", "zstd")),
          "none",
          "Compression of record batches: none, gzip, snappy, lz4 or zstd.");
  private static final Key<Long> BUFFER_SIZE =
      SECTION.key("buffer_size", Type.INT, 0L, "Maximum number of buffered events; 0 for 1024.");
  private static final Key<TlsConfig> TLS_CONFIG =
      SECTION.optional(
          "tls_config", TlsConfig.TYPE, "TLS settings; TLS is off without this section.");
  static final Type<KafkaConfig> TYPE = SECTION.type(KafkaConfig::read);

  private static Type<Integer> acks() {
    SequencedMap<String, Integer> m = new LinkedHashMap<>();
    m.put("none", 0);
    m.put("leader", 1);
    m.put("all", -1);
    return Type.oneOf("acks", m);
  }

  private static KafkaConfig read(YamlObject o) {
    List<String> brokers = o.get(BROKERS).stream().sorted().toList();
    if (brokers.isEmpty()) {
      throw o.error(BROKERS, "event_recorder kafka: at least one broker is required");
    }
    for (String b : brokers) {
      if (!b.matches(".+:\\d{1,5}")) {
        throw o.error(BROKERS, "event_recorder kafka: \"" + b + "\" is not host:port");
      }
    }
    if (o.get(TOPIC).isEmpty()) {
      throw o.error(TOPIC, "event_recorder kafka output requires a topic");
    }
    long buffer = o.get(BUFFER_SIZE);
    if (buffer > MOST_BUFFERED) {
      throw o.error(BUFFER_SIZE, "at most " + MOST_BUFFERED + " may wait");
    }
    String id = o.get(CLIENT_ID);
    return new KafkaConfig(
        new KafkaTopics.Target(
            brokers,
            o.get(TOPIC),
            id.isEmpty() ? "alertmanager" : id,
            o.get(ACKS),
            o.get(COMPRESSION),
            o.find(TLS_CONFIG)),
        o.get(FORMAT).equals("protobuf"),
        buffer > 0 ? (int) buffer : 1024);
  }

  @Override
  public String name() {
    return "kafka:" + String.join(",", target.brokers()) + "/" + target.topic();
  }

  @Override
  public EventOutput open(OutputContext context) throws IOException {
    return new KafkaOutput(this, context);
  }
}
