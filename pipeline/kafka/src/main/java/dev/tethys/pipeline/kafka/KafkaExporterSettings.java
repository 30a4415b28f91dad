package dev.tethys.pipeline.kafka;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.ClientKeys;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameRule;
import dev.tethys.pipeline.naming.NameTemplate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;

/**
 * Settings of a Kafka exporter, named as in the Collector.
 *
 * @param topics topic of each signal
 * @param topicFromAttribute resource attribute or label that names the topic instead; "" for none
 * @param maxTopics maximum number of topics that labels, attributes and metadata may name
 * @param maxRecordBytes maximum size of a record value, before the producer's compression
 * @param keys key sources of each signal, for records without keys from metadata
 * @param seriesKeys number of keys for samples without a lane
 * @param metadataKeys metadata of batches that become headers of records
 * @param headers added to every record
 * @param maxRecords maximum records in flight; 0 for no limit
 * @param properties producer properties, including those of the connection
 */
record KafkaExporterSettings(
    Map<Signal, Topic> topics,
    String topicFromAttribute,
    int maxTopics,
    int maxRecordBytes,
    Map<Signal, RecordKeys> keys,
    int seriesKeys,
    List<String> metadataKeys,
    Map<String, String> headers,
    int maxRecords,
    Map<String, Object> properties,
    DeliverySettings delivery) {

  /**
   * Topic settings of one signal.
   *
   * @param topicFrom metadata that names the topic instead, "" for none
   * @param keyFrom metadata that is the record's key, "" for none
   */
  record Topic(NameTemplate name, RecordEncoding encoding, String topicFrom, String keyFrom) {}

  /** Brokers do not create a topic if one exists that differs only in dots and underscores. */
  private static final NameRule NAMES =
      new NameRule(
          "letters, digits and any of . _ - around its {labels}",
          "[A-Za-z0-9._-]{1,200}",
          true,
          NameRule.keep("A-Za-z0-9_-"),
          200,
          List.of());

  /** Variant with other properties of the producer. */
  KafkaExporterSettings with(Map<String, Object> other) {
    return new KafkaExporterSettings(
        topics,
        topicFromAttribute,
        maxTopics,
        maxRecordBytes,
        keys,
        seriesKeys,
        metadataKeys,
        headers,
        maxRecords,
        other,
        delivery);
  }

  private static final UnaryOperator<String> TOPIC = NameRule.keep("A-Za-z0-9._-");

  private static final Section PRODUCER = new Section("producer", "Settings of the producer.");
  private static final Key<Long> MAX_MESSAGE_BYTES =
      PRODUCER.key(
          "max_message_bytes",
          Type.INT,
          1_000_000L,
          "Maximum size of the value of a record, in bytes.");
  private static final Key<Integer> REQUIRED_ACKS =
      PRODUCER.key(
          "required_acks",
          acks(),
          -1,
          "Required acknowledgements: all in-sync replicas (all, -1), the leader "
              + "(1), none (0). Only all prevents loss and duplicates caused by "
              + "retries of the producer.");
  private static final Key<String> COMPRESSION =
      PRODUCER.key(
          "compression",
          Type.oneOf("compression", List.of("none", "gzip", "snappy", "lz4", "zstd")),
          "none",
          "Compression of record batches: none, gzip, snappy, lz4 or zstd.");
  private static final Section COMPRESSION_PARAMS =
      new Section("compression_params", "Parameters of the compression.");
  private static final Key<Long> LEVEL =
      COMPRESSION_PARAMS.required("level", Type.INT, "Level of gzip, lz4 or zstd.");
  private static final Key<Long> PARAMS =
      PRODUCER.optional(
          "compression_params", COMPRESSION_PARAMS.type(o -> o.get(LEVEL)), "Compression level.");
  private static final Key<Duration> LINGER =
      PRODUCER.key(
          "linger",
          GoDurations.TYPE,
          Duration.ofMillis(10),
          "Time that a record waits for others to form a batch.");
  private static final Key<Boolean> AUTO_TOPIC =
      PRODUCER.key(
          "allow_auto_topic_creation",
          Type.BOOL,
          true,
          "No effect: brokers decide (auto.create.topics.enable).");

  private static final Key<Long> MAX_MESSAGES =
      PRODUCER.key(
          "flush_max_messages",
          Type.INT,
          10_000L,
          "Maximum number of records in flight; 0 for no limit.");
  private static final Key<Long> BATCH_SIZE =
      PRODUCER.key(
          "batch_size",
          Type.INT,
          128L << 10,
          "Size in bytes at which the batch of a partition is sent without "
              + "waiting; not a key of the Collector.");

  private static final Key<Long> MAX_BROKER_WRITE_BYTES =
      PRODUCER.optional(
          "max_broker_write_bytes",
          Type.INT,
          "Maximum size of a request to a broker in bytes; the default is "
              + "slightly above the maximum size of one record.");

  private record Producer(int maxBytes, int maxRecords, Map<String, Object> properties) {}

  private static final Section PARTITIONER =
      new Section("record_partitioner", "Method that selects partitions; at most one.");
  private static final Section STICKY =
      new Section("sticky_key", "Selects the partition by the hash of the key.");
  private static final Key<String> HASHER =
      STICKY.key(
          "hasher",
          Type.oneOf("hasher", List.of("sarama_compat", "murmur2")),
          "sarama_compat",
          "Hash function: sarama_compat, as in the Collector and Sarama, or "
              + "murmur2, as in Kafka's own clients.");
  private static final Section NO_KEYS =
      new Section("partitioner", "Partitioner without settings.");
  private static final Key<String> STICKY_KEY =
      PARTITIONER.optional("sticky_key", STICKY.type(o -> o.get(HASHER)), STICKY.doc());
  private static final Key<Boolean> ROUND_ROBIN =
      PARTITIONER.optional("round_robin", NO_KEYS.type(o -> true), "Selects partitions in turn.");
  private static final Key<Boolean> LEAST_BACKUP =
      PARTITIONER.optional(
          "least_backup",
          NO_KEYS.type(o -> true),
          "Selects the partition with the fewest waiting records.");

  static {
    PARTITIONER.notBuilt("extension", "A custom partitioner.");
  }

  /** Properties of the driver that choose partitions so. */
  private static Map<String, Object> partitioner(YamlObject o) {
    String hasher = o.find(STICKY_KEY);
    boolean inTurn = o.find(ROUND_ROBIN) != null;
    boolean shortest = o.find(LEAST_BACKUP) != null;
    if ((hasher == null ? 0 : 1) + (inTurn ? 1 : 0) + (shortest ? 1 : 0) > 1) {
      throw o.error("record_partitioner: at most one partitioner may be set");
    }
    if (inTurn) {
      return Map.of("partitioner.class", RoundRobinPartitioner.class.getName());
    }
    if (shortest) { // the driver's behaviour for records without a key
      return Map.of("partitioner.ignore.keys", true);
    }
    return "sarama_compat".equals(hasher)
        ? Map.of("partitioner.class", SaramaPartitioner.class.getName())
        : Map.of();
  }

  private static final Section SECTION = new Section("kafka", "Writes telemetry to Kafka topics.");
  private static final Map<Signal, Key<Topic>> TOPICS = new EnumMap<>(Signal.class);

  static {
    topic(Signal.TRACES, "traces", "otlp_spans");
    topic(Signal.METRICS, "metrics", "otlp_metrics");
    topic(Signal.LOGS, "logs", "otlp_logs");
    topic(Signal.PROFILES, "profiles", "otlp_profiles");
  }

  private static final Key<String> FORMER_TOPIC =
      SECTION.optional(
          "topic",
          Type.STRING,
          "Former way of writing the topic of all signals without their own.");
  private static final Key<YamlNode> FORMER_ENCODING =
      SECTION.optional(
          "encoding",
          Type.ANY,
          "Former way of writing the encoding of all signals without their own.");
  private static final Key<String> TOPIC_FROM_ATTRIBUTE =
      SECTION.key(
          "topic_from_attribute",
          Type.STRING,
          "",
          "Resource attribute, or label for encodings by series, that names the "
              + "topic; if absent, topic is used.");
  private static final Key<Long> MAX_TOPICS =
      SECTION.key(
          "max_topics",
          Type.INT,
          100L,
          "Maximum number of topics from labels, attributes and metadata; beyond it topic "
              + "is used, with \"other\" for each {name}.");
  private static final Key<List<String>> INCLUDE_METADATA_KEYS =
      SECTION.key(
          "include_metadata_keys",
          Type.list(Type.STRING),
          List.of(),
          "Keys of batch metadata that becomes headers of records.");
  private static final Key<Map<String, String>> RECORD_HEADERS =
      SECTION.key("record_headers", ClientKeys.PAIRS, Map.of(), "Headers of every record.");
  private static final Key<Long> SERIES_KEYS =
      SECTION.key(
          "series_keys",
          Type.INT,
          8L,
          "Number of record keys for samples that arrived without an order, 1 to "
              + "1024; a series always has the same key.");
  private static final Key<Producer> PRODUCER_KEY =
      SECTION.optional(
          "producer", PRODUCER.type(KafkaExporterSettings::producer), "Settings of the producer.");

  static {
    SECTION.include(KafkaConnection.SECTION).include(DeliverySettings.SECTION);
  }

  private static final Key<Map<String, Object>> RECORD_PARTITIONER =
      SECTION.key(
          "record_partitioner",
          PARTITIONER.type(KafkaExporterSettings::partitioner),
          Map.of(),
          "Method that selects partitions; by default the murmur2 hash of the "
              + "key, as in Kafka's own clients.");

  private static final Key<Boolean> TRACES_BY_ID =
      SECTION.key(
          "partition_traces_by_id", Type.BOOL, false, "If true, the trace ID is the key of spans.");
  private static final Key<Boolean> METRICS_BY_RESOURCE =
      SECTION.key(
          "partition_metrics_by_resource_attributes",
          Type.BOOL,
          false,
          "If true, a hash of the resource is the key of metrics.");
  private static final Key<Boolean> LOGS_BY_RESOURCE =
      SECTION.key(
          "partition_logs_by_resource_attributes",
          Type.BOOL,
          false,
          "If true, a hash of the resource is the key of log records.");
  private static final Key<Boolean> LOGS_BY_TRACE =
      SECTION.key(
          "partition_logs_by_trace_id",
          Type.BOOL,
          false,
          "If true, the trace ID is the key of log records that have one.");

  static final Type<KafkaExporterSettings> TYPE = SECTION.type(KafkaExporterSettings::read);

  private static void topic(Signal signal, String name, String defaultTopic) {
    Section s = new Section(name, "Topic and encoding of " + name + ".");
    Key<String> topic =
        s.key(
            "topic",
            Type.STRING,
            defaultTopic,
            "Name of the topic; {name} is replaced by an attribute of the resource or, for"
                + " encodings by series, for a label.");
    Key<RecordEncoding> encoding =
        s.key(
            "encoding",
            RecordEncoding.written(signal),
            RecordEncoding.OTLP_PROTO,
            "Encoding of records.");
    Key<String> topicFrom =
        s.key(
            "topic_from_metadata_key",
            Type.STRING,
            "",
            "Metadata key whose value names the topic.");
    Key<String> keyFrom =
        s.key(
            "message_key_from_metadata_key",
            Type.STRING,
            "",
            "Metadata key whose value becomes the record key.");
    TOPICS.put(
        signal,
        SECTION.key(
            name,
            s.type(
                o -> {
                  if (o.get(topic).isEmpty()) {
                    throw o.error(topic, "topic must not be empty");
                  }
                  return new Topic(
                      name(o, topic), o.get(encoding), o.get(topicFrom), o.get(keyFrom));
                }),
            new Topic(NameTemplate.fixed(defaultTopic), RecordEncoding.OTLP_PROTO, "", ""),
            "Topic and encoding of " + name + "."));
  }

  /** Returns the topic settings of a signal, falling back to those of all signals. */
  private static Topic topic(YamlObject o, Signal signal, Key<Topic> key) {
    Topic t = o.get(key);
    YamlNode own = o.at(key);
    Set<String> topics = own == null || !own.isMap() ? Set.of() : own.entries().keySet();
    YamlNode encoding = o.at(FORMER_ENCODING);
    return new Topic(
        o.has(FORMER_TOPIC) && !topics.contains("topic") ? name(o, FORMER_TOPIC) : t.name,
        encoding != null && !encoding.isNull() && !topics.contains("encoding")
            ? RecordEncoding.written(signal).read(encoding)
            : t.encoding,
        t.topicFrom,
        t.keyFrom);
  }

  private static NameTemplate name(YamlObject o, Key<String> key) {
    try {
      return NameTemplate.labelled(o.get(key), NAMES);
    } catch (IllegalArgumentException e) {
      throw o.error(key, key.name() + ": " + e.getMessage());
    }
  }

  /**
   * Returns the topic requested by a client; leading underscores are removed, because brokers' own
   * topics start with two.
   *
   * @return "" if nothing is left
   */
  static String topicOf(String topics) {
    String name = TOPIC.apply(topics);
    name = name.length() > 200 ? name.substring(0, 200) : name;
    return name.startsWith("__") || name.matches("[.]{1,2}") ? "" : name;
  }

  private static Type<Integer> acks() {
    SequencedMap<String, Integer> m = new LinkedHashMap<>();
    m.put("all", -1);
    m.put("-1", -1);
    m.put("1", 1);
    m.put("0", 0);
    return Type.oneOf("required_acks", m);
  }

  private static Producer producer(YamlObject o) {
    long max = o.get(MAX_MESSAGE_BYTES);
    if (max < 1000 || max > 1 << 30) {
      throw o.error(MAX_MESSAGE_BYTES, "max_message_bytes must be 1000 to 1073741824");
    }
    Map<String, Object> p = new HashMap<>();
    int acks = o.get(REQUIRED_ACKS);
    p.put("acks", Integer.toString(acks));
    p.put("enable.idempotence", acks == -1);
    String compression = o.get(COMPRESSION);
    p.put("compression.type", compression);
    Long level = o.find(PARAMS);
    if (level != null) {
      switch (compression) {
        case "gzip", "lz4", "zstd" ->
            p.put("compression." + compression + ".level", level.intValue());
        default -> throw o.error(PARAMS, "compression " + compression + " has no levels");
      }
    }
    p.put("linger.ms", o.get(LINGER).toMillis());
    Long request = o.find(MAX_BROKER_WRITE_BYTES);
    if (request != null) {
      if (request < max || request > Integer.MAX_VALUE - 16_384) {
        throw o.error(
            MAX_BROKER_WRITE_BYTES, "max_broker_write_bytes must be at least max_message_bytes");
      }
      p.put("max.request.size", request.intValue() + 16_384);
    }
    if (!o.get(AUTO_TOPIC) && o.has(AUTO_TOPIC)) {
      throw o.error(
          AUTO_TOPIC,
          "the client cannot prevent it: set auto.create.topics.enable=false on the brokers");
    }
    p.put("batch.size", bounded(o, BATCH_SIZE));
    return new Producer((int) max, bounded(o, MAX_MESSAGES), p);
  }

  private static int bounded(YamlObject o, Key<Long> key) {
    long n = o.get(key);
    if (n < 0 || n > 1 << 30) {
      throw o.error(key, key.name() + " must be 0 to 1073741824");
    }
    return (int) n;
  }

  private static Map<Signal, RecordKeys> keys(YamlObject o, Map<Signal, Topic> topics) {
    if (o.get(LOGS_BY_RESOURCE) && o.get(LOGS_BY_TRACE)) {
      throw o.error(
          LOGS_BY_TRACE,
          "at most one of partition_logs_by_resource_attributes and partition_logs_by_trace_id "
              + "may be"
              + " set");
    }
    Map<Signal, RecordKeys> out = new EnumMap<>(Signal.class);
    key(o, TRACES_BY_ID, Signal.TRACES, RecordKeys.TRACE_ID, topics, out);
    key(o, METRICS_BY_RESOURCE, Signal.METRICS, RecordKeys.RESOURCE, topics, out);
    key(o, LOGS_BY_RESOURCE, Signal.LOGS, RecordKeys.RESOURCE, topics, out);
    key(o, LOGS_BY_TRACE, Signal.LOGS, RecordKeys.TRACE_ID, topics, out);
    return Map.copyOf(out);
  }

  private static void key(
      YamlObject o,
      Key<Boolean> asked,
      Signal signal,
      RecordKeys keys,
      Map<Signal, Topic> topics,
      Map<Signal, RecordKeys> out) {
    if (!o.get(asked)) {
      return;
    }
    Topic topic = Objects.requireNonNull(topics.get(signal));
    if (!topic.keyFrom.isEmpty()) {
      throw o.error(
          asked, asked.name() + " and message_key_from_metadata_key are mutually exclusive");
    }
    if (topic.encoding.isSeries()) {
      throw o.error(
          asked,
          asked.name() + ": records of encoding " + topic.encoding.word() + " have keys by series");
    }
    out.put(signal, keys);
  }

  /** Number of unanswered requests that a record may use. */
  private static final int TRIES = 3;

  private static KafkaExporterSettings read(YamlObject o) {
    Map<String, Object> properties = new HashMap<>(KafkaConnection.read(o).properties());
    Producer p = o.find(PRODUCER_KEY);
    int maxBytes = 1_000_000;
    properties.put("acks", "all");
    properties.put("enable.idempotence", true);
    properties.put("linger.ms", 10L);
    properties.put("batch.size", 128 << 10);
    int maxRecords = 10_000;
    if (p != null) {
      properties.putAll(p.properties);
      maxBytes = p.maxBytes;
      maxRecords = p.maxRecords;
    }
    DeliverySettings delivery = DeliverySettings.read(o, Duration.ofSeconds(10));
    long timeout = Math.max(1000, delivery.timeout().toMillis());
    long linger = (Long) properties.getOrDefault("linger.ms", 10L);
    int request = (int) Math.min(timeout, 30_000);
    properties.put("request.timeout.ms", request);
    // Records repeated by the producer itself have a number by which the broker detects duplicates;
    // a record that timed out in the producer and is sent again may be duplicated.
    properties.put(
        "delivery.timeout.ms",
        (int) Math.min(Integer.MAX_VALUE, Math.max(timeout, TRIES * request + linger)));
    properties.put("max.block.ms", timeout);
    properties.putIfAbsent("max.request.size", maxBytes + 16_384);
    properties.putAll(o.get(RECORD_PARTITIONER));
    long keys = o.get(SERIES_KEYS);
    if (keys < 1 || keys > 1024) {
      throw o.error(SERIES_KEYS, "series_keys must be 1 to 1024");
    }
    Map<Signal, Topic> topics = new EnumMap<>(Signal.class);
    TOPICS.forEach((s, k) -> topics.put(s, topic(o, s, k)));
    Map<Signal, RecordKeys> recordKeys = keys(o, topics);
    return new KafkaExporterSettings(
        Map.copyOf(topics),
        o.get(TOPIC_FROM_ATTRIBUTE),
        BoundedNames.read(o, MAX_TOPICS),
        maxBytes,
        recordKeys,
        (int) keys,
        o.get(INCLUDE_METADATA_KEYS),
        o.get(RECORD_HEADERS),
        maxRecords,
        Map.copyOf(properties),
        delivery);
  }
}
