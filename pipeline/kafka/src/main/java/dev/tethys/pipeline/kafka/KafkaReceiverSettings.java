package dev.tethys.pipeline.kafka;

import dev.tethys.config.ConfigException;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Signal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a Kafka receiver, named as in the Collector.
 *
 * @param topics topics of each signal
 * @param commitEvery interval between commits of offsets
 * @param pauses retry delays of batches that were not accepted
 * @param maxInFlightBytes maximum bytes read but not acknowledged
 * @param inStep whether metrics of all partitions are forwarded in time order
 * @param headers record headers that become resource attributes; a trailing {@code *} matches by
 *     prefix
 * @param deadLetterTopic topic of records that cannot be decoded or are permanently rejected, ""
 *     for none
 * @param producer properties of the client that writes dead letters
 * @param consumer properties of the client that reads
 */
record KafkaReceiverSettings(
    Map<Signal, Topics> topics,
    Duration commitEvery,
    RedeliveryBackoff pauses,
    long maxInFlightBytes,
    boolean inStep,
    List<String> headers,
    String deadLetterTopic,
    Map<String, Object> producer,
    Map<String, Object> consumer) {

  /**
   * Topics of one signal.
   *
   * @param names topic names; a name that starts with {@code ^} is a regular expression
   * @param excluded regular expressions; topics with matching names are not read
   * @param reading null if the common encoding does not support this signal
   */
  record Topics(
      List<String> names, List<String> excluded, RecordEncoding.@Nullable Reading reading) {
    /** Whether a topic is selected. */
    boolean mean(String topic) {
      return pattern().matcher(topic).matches();
    }

    /** Returns a pattern that fully matches the names of these topics. */
    Pattern pattern() {
      return TopicPatterns.whole(names, excluded);
    }
  }

  private static final System.Logger LOG = JulLogger.of(KafkaReceiverSettings.class.getName());

  private static final Section SECTION =
      new Section("kafka", "Reads telemetry from Kafka topics as a consumer group.");
  private static final Map<Signal, Function<YamlObject, Topics>> TOPICS =
      new EnumMap<>(Signal.class);

  static {
    topics(Signal.TRACES, "traces", "otlp_spans");
    topics(Signal.METRICS, "metrics", "otlp_metrics");
    topics(Signal.LOGS, "logs", "otlp_logs");
    topics(Signal.PROFILES, "profiles", "otlp_profiles");
  }

  private static final Key<String> GROUP_ID =
      SECTION.key(
          "group_id", Type.STRING, "otel-collector", "Consumer group that shares the partitions.");
  private static final Key<String> GROUP_INSTANCE_ID =
      SECTION.key(
          "group_instance_id",
          Type.STRING,
          "",
          "Static member ID, which keeps the partitions over a short restart.");
  private static final Key<String> RACK_ID =
      SECTION.key(
          "rack_id",
          Type.STRING,
          "",
          "Rack of this process; partitions are read from replicas in the same " + "rack.");
  private static final Key<String> INITIAL_OFFSET =
      SECTION.key(
          "initial_offset",
          Type.oneOf("initial_offset", List.of("latest", "earliest")),
          "latest",
          "Initial offset of a group without a committed one: latest or earliest.");
  private static final Key<Duration> SESSION_TIMEOUT =
      SECTION.key(
          "session_timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Time without heartbeats after which partitions are reassigned.");
  private static final Key<Duration> HEARTBEAT_INTERVAL =
      SECTION.key(
          "heartbeat_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(3),
          "Interval between heartbeats.");
  private static final Type<String> STRATEGY_TYPE =
      Type.oneOf("strategy", List.of("range", "roundrobin", "sticky", "cooperative-sticky"));
  private static final Key<List<String>> STRATEGIES =
      SECTION.key(
          "group_rebalance_strategies",
          Type.list(STRATEGY_TYPE),
          List.of("cooperative-sticky"),
          "Assignment strategies of partitions.");
  private static final Key<String> STRATEGY =
      SECTION.optional(
          "group_rebalance_strategy", STRATEGY_TYPE, "Deprecated form with a single strategy.");
  private static final Key<Duration> CONN_IDLE_TIMEOUT =
      SECTION.key(
          "conn_idle_timeout",
          GoDurations.TYPE,
          Duration.ofMinutes(9),
          "Idle time after which a connection is closed.");
  private static final Key<Long> MIN_FETCH_SIZE =
      SECTION.key("min_fetch_size", Type.INT, 1L, "Minimum size of a fetch response in bytes.");
  private static final Key<Long> MAX_FETCH_SIZE =
      SECTION.key(
          "max_fetch_size", Type.INT, 1L << 20, "Maximum size of a fetch response in bytes.");
  private static final Key<Duration> MAX_FETCH_WAIT =
      SECTION.key(
          "max_fetch_wait",
          GoDurations.TYPE,
          Duration.ofMillis(250),
          "Maximum time that a broker waits to fill a fetch response.");
  private static final Key<Long> MAX_PARTITION_FETCH_SIZE =
      SECTION.key(
          "max_partition_fetch_size",
          Type.INT,
          1L << 20,
          "Maximum number of bytes fetched from one partition.");

  private static final Section AUTOCOMMIT = new Section("autocommit", "Commits of offsets.");
  private static final Key<Duration> INTERVAL =
      AUTOCOMMIT.key(
          "interval", GoDurations.TYPE, Duration.ofSeconds(1), "Interval between commits.");
  private static final Key<Boolean> AUTOCOMMIT_ENABLE =
      AUTOCOMMIT.key("enable", Type.BOOL, true, "No effect: offsets are committed every interval.");
  private static final Key<Duration> AUTOCOMMIT_KEY =
      SECTION.key(
          "autocommit",
          AUTOCOMMIT.type(
              o -> {
                if (!o.get(AUTOCOMMIT_ENABLE)) {
                  ignoreKey(o, AUTOCOMMIT_ENABLE, "positions are stored every interval");
                }
                return o.get(INTERVAL);
              }),
          Duration.ofSeconds(1),
          "Commits of offsets; only records that every destination has accepted "
              + "are committed.");

  private static final Section MARKING =
      new Section("message_marking", "Time at which a record counts as processed.");
  private static final Key<Boolean> AFTER =
      MARKING.key(
          "after",
          Type.BOOL,
          true,
          "Always true: a commit before delivery would lose records in a crash.");
  private static final Key<Boolean> ON_ERROR =
      MARKING.key(
          "on_error",
          Type.BOOL,
          false,
          "Always false: a record that may still be delivered is not marked.");
  private static final Key<Boolean> ON_PERMANENT_ERROR =
      MARKING.key(
          "on_permanent_error",
          Type.BOOL,
          true,
          "Always true: a record that can never be delivered is marked.");
  private static final Key<Boolean> MARKING_KEY =
      SECTION.optional(
          "message_marking",
          MARKING.type(
              o -> {
                if (o.has(AFTER) && !o.get(AFTER)) {
                  ignoreKey(o, AFTER, "records are done after their delivery");
                }
                if (o.get(ON_ERROR)) {
                  throw o.error(ON_ERROR, "that would lose records: write false");
                }
                if (o.has(ON_PERMANENT_ERROR) && !o.get(ON_PERMANENT_ERROR)) {
                  ignoreKey(
                      o,
                      ON_PERMANENT_ERROR,
                      "a permanently rejected record goes to dead_letter_topic or is counted,"
                          + " and reading continues");
                }
                return true;
              }),
          "Time at which a record counts as processed.");

  private static final Section BACKOFF =
      new Section("error_backoff", "Pauses after a batch is refused.");
  private static final Key<Duration> INITIAL_INTERVAL =
      BACKOFF.key("initial_interval", GoDurations.TYPE, Duration.ofSeconds(1), "Initial pause.");
  private static final Key<Duration> MAX_INTERVAL =
      BACKOFF.key("max_interval", GoDurations.TYPE, Duration.ofSeconds(30), "Maximum pause.");

  private static final Key<Double> MULTIPLIER =
      BACKOFF.key("multiplier", Type.FLOAT, 2.0, "Factor by which the pause grows; at least 1.");
  private static final Key<Double> RANDOMIZATION =
      BACKOFF.key(
          "randomization_factor",
          Type.FLOAT,
          0.0,
          "Random variation of a pause as a fraction of it.");

  static {
    BACKOFF.key("enabled", Type.BOOL, true, "No effect: retries always wait.");
    BACKOFF.key(
        "max_elapsed_time",
        GoDurations.TYPE,
        Duration.ZERO,
        "No effect: refused records are read again without a time limit (the Collector stops after this time).");
  }

  private static final Key<RedeliveryBackoff> BACKOFF_KEY =
      SECTION.key(
          "error_backoff",
          BACKOFF.type(KafkaReceiverSettings::pauses),
          RedeliveryBackoff.DEFAULT,
          "Pauses after a batch is refused.");

  private static RedeliveryBackoff pauses(YamlObject o) {
    double multiplier = o.get(MULTIPLIER);
    double randomization = o.get(RANDOMIZATION);
    if (!(multiplier >= 1)) {
      throw o.error(MULTIPLIER, "multiplier must be 1 or more");
    }
    if (!(randomization >= 0 && randomization <= 1)) {
      throw o.error(RANDOMIZATION, "randomization_factor must be 0 to 1");
    }
    return new RedeliveryBackoff(
        o.get(INITIAL_INTERVAL), o.get(MAX_INTERVAL), multiplier, randomization);
  }

  /** Partitions are always read on their own here. */
  private static final Section PARTITIONS =
      new Section("partition_processing", "No effect: partitions never wait for each other.");

  private static final Section DELAY =
      new Section(
          "kafka_receiver_records_delay", "Metric of the Collector with the delay of records.");
  private static final Key<Boolean> DELAY_ENABLED =
      DELAY.key(
          "enabled", Type.BOOL, false, "Only false is accepted: the metric is not supported.");
  private static final Section OWN_METRICS = new Section("metrics", "Metrics of the receiver.");
  private static final Section TELEMETRY = new Section("telemetry", "Telemetry of the receiver.");

  static {
    PARTITIONS.key("independent", Type.BOOL, true, "No effect: partitions are always independent.");
    PARTITIONS.key("max_buffered_batches", Type.INT, 1L, "No effect: use max_in_flight_bytes.");
    SECTION.optional(
        "partition_processing",
        PARTITIONS.type(o -> true),
        "No effect: partitions never wait for each other.");
    OWN_METRICS.optional(
        "kafka_receiver_records_delay",
        DELAY.type(
            o -> {
              if (o.get(DELAY_ENABLED)) {
                throw o.error(DELAY_ENABLED, "kafka_receiver_records_delay is not supported");
              }
              return true;
            }),
        "Metric of the Collector with the delay of records; not supported.");
    TELEMETRY.optional(
        "metrics", OWN_METRICS.type(KafkaReceiverSettings::all), "Metrics of the receiver.");
    SECTION.optional(
        "telemetry", TELEMETRY.type(KafkaReceiverSettings::all), "Telemetry of the receiver.");
    SECTION.key(
        "use_leader_epoch",
        Type.BOOL,
        true,
        "No effect: leader epochs are used where brokers have them.");
  }

  private static Boolean all(YamlObject o) {
    o.readAll();
    return true;
  }

  private static void ignoreKey(YamlObject o, Key<?> key, String instead) {
    LOG.log(
        Level.WARNING, "{0}: {1}: false has no effect: {2}", o.node().where(), key.name(), instead);
  }

  private static final Section HEADERS =
      new Section("header_extraction", "Headers of records that become resource attributes.");
  private static final Key<Boolean> EXTRACT =
      HEADERS.key(
          "extract_headers",
          Type.BOOL,
          false,
          "If true, record headers become resource attributes.");
  private static final Key<List<String>> HEADER_NAMES =
      HEADERS.key(
          "headers",
          Type.list(Type.STRING),
          List.of(),
          "Headers to extract; x* matches all that begin with x.");
  private static final Key<List<String>> HEADERS_KEY =
      SECTION.key(
          "header_extraction",
          HEADERS.type(o -> o.get(EXTRACT) ? o.get(HEADER_NAMES) : List.of()),
          List.of(),
          "Headers of records that become resource attributes kafka.header.….");

  private static final Key<Long> MAX_IN_FLIGHT_BYTES =
      SECTION.key(
          "max_in_flight_bytes",
          Type.INT,
          64L << 20,
          "Maximum size in bytes of records that are read and not yet " + "acknowledged.");
  private static final Key<Boolean> IN_STEP =
      SECTION.key(
          "partitions_in_step",
          Type.BOOL,
          true,
          "If true, metrics of all partitions are passed on in the order of their time, as"
              + " databases without an out-of-order window require; if false, each partition is"
              + " read at its own pace.");
  private static final Key<String> DEAD_LETTER_TOPIC =
      SECTION.key(
          "dead_letter_topic",
          Type.STRING,
          "",
          "Topic for records that are unreadable or permanently rejected, with "
              + "the reason in headers; without it they are counted and logged.");

  static {
    SECTION.include(KafkaConnection.SECTION);
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

  static final Type<KafkaReceiverSettings> TYPE = SECTION.type(KafkaReceiverSettings::read);

  private static void topics(Signal signal, String name, String defaultTopic) {
    Section s = new Section(name, "Topics and encoding of " + name + ".");
    Key<List<String>> names =
        s.key(
            "topics",
            Type.list(Type.STRING),
            List.of(defaultTopic),
            "Topics to read; a name that begins with ^ is a regular expression.");
    RecordEncoding.Reading otlp = new RecordEncoding.Reading(RecordEncoding.OTLP_PROTO);
    Key<RecordEncoding.Reading> encoding =
        s.key("encoding", RecordEncoding.read(signal), otlp, "Encoding of records.");
    Key<List<String>> excluded =
        s.key(
            "exclude_topics",
            Type.list(Type.STRING),
            List.of(),
            "Regular expressions searched for in topic names; matching topics are " + "not read.");
    Key<String> topic =
        s.optional("topic", Type.STRING, "Former way of writing one topic of topics.");
    Key<String> excludedTopic =
        s.optional(
            "exclude_topic",
            Type.STRING,
            "Former way of writing one expression of exclude_topics.");
    Key<YamlObject> key =
        SECTION.optional(name, s.type(o -> o), "Topics and encoding of " + name + ".");
    TOPICS.put(
        signal,
        all -> {
          YamlObject o = all.find(key);
          String former = all.find(FORMER_TOPIC);
          boolean named = o != null && (o.has(names) || o.has(topic));
          List<String> wanted =
              named || former == null || former.isEmpty()
                  ? o == null ? List.of(defaultTopic) : requiredNames(o, names, topic)
                  : requiredNames(all, FORMER_TOPIC, List.of(former));
          return new Topics(
              wanted,
              o == null ? List.of() : unwanted(o, wanted, excluded, excludedTopic),
              o != null && o.has(encoding) ? o.get(encoding) : former(all, signal, otlp));
        });
  }

  /**
   * Returns the default encoding of signals without their own, or null if it does not support the
   * signal.
   */
  private static RecordEncoding.@Nullable Reading former(
      YamlObject o, Signal signal, RecordEncoding.Reading otherwise) {
    YamlNode n = o.at(FORMER_ENCODING);
    if (n == null || n.isNull()) {
      return otherwise;
    }
    try {
      return RecordEncoding.read(signal).read(n);
    } catch (ConfigException e) {
      if (Stream.of(Signal.values()).noneMatch(s -> RecordEncoding.isWord(s, n.asString()))) {
        throw e;
      }
      return null;
    }
  }

  private static List<String> requiredNames(
      YamlObject o, Key<List<String>> names, Key<String> one) {
    return requiredNames(o, names, listOrFormer(o, names, one));
  }

  private static List<String> requiredNames(YamlObject o, Key<?> names, List<String> all) {
    if (all.isEmpty()) {
      throw o.error(names, "topics requires at least one topic");
    }
    for (String n : all) {
      if (TopicPatterns.isPattern(n)) {
        regex(o, names, n);
      } else if (!n.matches("[a-zA-Z0-9._-]{1,249}")) {
        throw o.error(names, "\"" + n + "\" is not a valid topic name");
      }
    }
    return all;
  }

  private static List<String> unwanted(
      YamlObject o, List<String> names, Key<List<String>> excluded, Key<String> one) {
    List<String> all = listOrFormer(o, excluded, one);
    if (!all.isEmpty() && !TopicPatterns.areAny(names)) {
      throw o.error(excluded, "exclude_topics requires a topic that begins with ^");
    }
    all.forEach(e -> regex(o, excluded, e));
    return all;
  }

  /** Reads a list, or its former single value. */
  private static List<String> listOrFormer(YamlObject o, Key<List<String>> many, Key<String> one) {
    String former = o.find(one);
    if (former == null || former.isEmpty()) {
      return o.get(many);
    }
    if (o.has(many)) {
      throw o.error(one, many.name() + " and " + one.name() + " are mutually exclusive");
    }
    return List.of(former);
  }

  private static void regex(YamlObject o, Key<?> key, String expression) {
    try {
      Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw o.error(key, expression + " is not a valid regular expression: " + e.getDescription());
    }
  }

  private static KafkaReceiverSettings read(YamlObject o) {
    Map<String, Object> connection = KafkaConnection.read(o).properties();
    Map<String, Object> p = new HashMap<>(connection);
    p.put("group.id", o.get(GROUP_ID));
    if (!o.get(GROUP_INSTANCE_ID).isEmpty()) {
      p.put("group.instance.id", o.get(GROUP_INSTANCE_ID));
    }
    if (!o.get(RACK_ID).isEmpty()) {
      p.put("client.rack", o.get(RACK_ID));
    }
    p.put("auto.offset.reset", o.get(INITIAL_OFFSET));
    p.put("enable.auto.commit", false);
    p.put("isolation.level", "read_committed");
    p.put("session.timeout.ms", (int) o.get(SESSION_TIMEOUT).toMillis());
    p.put("heartbeat.interval.ms", (int) o.get(HEARTBEAT_INTERVAL).toMillis());
    if (o.get(HEARTBEAT_INTERVAL).compareTo(o.get(SESSION_TIMEOUT)) >= 0) {
      throw o.error(HEARTBEAT_INTERVAL, "heartbeat_interval must be less than session_timeout");
    }
    p.put(
        "partition.assignment.strategy",
        listOrFormer(o, STRATEGIES, STRATEGY).stream()
            .map(KafkaReceiverSettings::assignor)
            .toList());
    p.put("connections.max.idle.ms", o.get(CONN_IDLE_TIMEOUT).toMillis());
    p.put("fetch.min.bytes", size(o, MIN_FETCH_SIZE));
    p.put("fetch.max.bytes", size(o, MAX_FETCH_SIZE));
    p.put("fetch.max.wait.ms", (int) o.get(MAX_FETCH_WAIT).toMillis());
    p.put("max.partition.fetch.bytes", size(o, MAX_PARTITION_FETCH_SIZE));
    p.put("allow.auto.create.topics", false);
    o.find(MARKING_KEY);
    Map<Signal, Topics> topics = new EnumMap<>(Signal.class);
    TOPICS.forEach((s, read) -> topics.put(s, read.apply(o)));
    Map<String, Object> producer = new HashMap<>(connection);
    producer.put("acks", "all");
    producer.put("enable.idempotence", true);
    return new KafkaReceiverSettings(
        Map.copyOf(topics),
        o.get(AUTOCOMMIT_KEY),
        o.get(BACKOFF_KEY),
        size(o, MAX_IN_FLIGHT_BYTES),
        o.get(IN_STEP),
        o.get(HEADERS_KEY),
        o.get(DEAD_LETTER_TOPIC),
        Map.copyOf(producer),
        Map.copyOf(p));
  }

  private static int size(YamlObject o, Key<Long> key) {
    long v = o.get(key);
    if (v < 1 || v > 1 << 30) {
      throw o.error(key, key.name() + " must be 1 to 1073741824 bytes");
    }
    return (int) v;
  }

  private static String assignor(String strategy) {
    String c =
        switch (strategy) {
          case "range" -> "RangeAssignor";
          case "roundrobin" -> "RoundRobinAssignor";
          case "sticky" -> "StickyAssignor";
          default -> "CooperativeStickyAssignor";
        };
    return "org.apache.kafka.clients.consumer." + c;
  }
}
