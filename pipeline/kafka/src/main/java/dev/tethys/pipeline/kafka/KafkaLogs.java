package dev.tethys.pipeline.kafka;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Topics whose records contain one or more lines: the blocks {@code kafka} and {@code
 * azure_event_hubs} of {@code promtail.yml}.
 *
 * @param kind the name of the block
 * @param consumer properties of a Kafka consumer, security included
 * @param topics names; names that start with {@code ^} are patterns
 * @param keepTimes whether entries have the time of their record
 * @param reading parser of records
 */
public record KafkaLogs(
    String kind,
    Map<String, Object> consumer,
    List<String> topics,
    String group,
    boolean keepTimes,
    Labels labels,
    RecordLines reading)
    implements LogSourceConfig {
  private static final String ASSIGNORS = "org.apache.kafka.clients.consumer.";

  private static final Section SASL =
      new Section("sasl_config", "SASL authentication.").include(TlsConfig.SECTION);
  private static final Key<String> MECHANISM =
      SASL.key(
          "mechanism",
          Type.STRING,
          "PLAIN",
          "SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.");
  private static final Key<String> USER =
      SASL.key("user", Type.STRING, "", "User name at the broker.");
  private static final Key<Secret> PASSWORD =
      SASL.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<Boolean> USE_TLS =
      SASL.key("use_tls", Type.BOOL, false, "If true, the connection uses TLS too.");

  private static final Section AUTHENTICATION =
      new Section("authentication", "Authentication at the brokers.");
  private static final Key<String> TYPE_KEY =
      AUTHENTICATION.key("type", Type.STRING, "none", "Type of authentication: none, ssl or sasl.");
  private static final Key<YamlObject> TLS =
      AUTHENTICATION.optional(
          "tls_config", TlsConfig.SECTION.type(o -> o), "TLS settings for type ssl.");
  private static final Key<YamlObject> SASL_KEY =
      AUTHENTICATION.optional("sasl_config", SASL.type(o -> o), "SASL settings for type sasl.");

  private static final Section SECTION =
      new Section("kafka", "Reads log records from Kafka topics.");
  private static final Key<List<String>> BROKERS =
      SECTION.required("brokers", Type.list(Type.STRING), "Bootstrap brokers: host:port.");
  private static final Key<List<String>> TOPICS =
      SECTION.required(
          "topics",
          Type.list(Type.STRING),
          "Topics; a name that begins with ^ is a regular expression, evaluated "
              + "again at intervals.");
  private static final Key<String> GROUP = group(SECTION);
  private static final Key<String> ASSIGNOR =
      SECTION.key(
          "assignor",
          Type.STRING,
          "range",
          "Assignment strategy of partitions: range, sticky or roundrobin.");
  private static final Key<Boolean> TIMES = times(SECTION);
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Map<String, Object>> AUTH =
      SECTION.key(
          "authentication",
          AUTHENTICATION.type(KafkaLogs::authentication),
          Map.of("security.protocol", "PLAINTEXT"),
          "Authentication at the brokers.");

  static {
    SECTION.key(
        "version", Type.STRING, "", "No effect: API versions are negotiated with every broker.");
  }

  /** The block {@code kafka}. */
  public static final Type<KafkaLogs> TYPE = SECTION.type(KafkaLogs::read);

  private static final Section HUBS =
      new Section(
          "azure_event_hubs", "Reads log records from Azure Event Hubs over the Kafka protocol.");
  private static final Key<String> NAMESPACE =
      HUBS.required(
          "fully_qualified_namespace",
          Type.STRING,
          "Address of the namespace: NAME.servicebus.windows.net:9093.");
  private static final Key<List<String>> EVENT_HUBS =
      HUBS.required("event_hubs", Type.list(Type.STRING), "Names of the event hubs.");
  private static final Key<Secret> CONNECTION_STRING =
      HUBS.required(
          "connection_string", Type.SECRET, "Connection string of the namespace, with its key.");
  private static final Key<String> HUBS_GROUP = group(HUBS);
  private static final Key<Boolean> HUBS_TIMES = times(HUBS);
  private static final Key<Boolean> DISALLOW_CUSTOM =
      HUBS.key(
          "disallow_custom_messages",
          Type.BOOL,
          false,
          "If true, messages that do not follow the schema of Azure logs are "
              + "dropped instead of stored as a line.");
  private static final LabelMap HUBS_LABELS = new LabelMap(HUBS);

  /** The block {@code azure_event_hubs}. */
  public static final Type<KafkaLogs> EVENT_HUBS_TYPE = HUBS.type(KafkaLogs::readHubs);

  private static Key<String> group(Section s) {
    return s.key("group_id", Type.STRING, "promtail", "Consumer group that shares the partitions.");
  }

  private static Key<Boolean> times(Section s) {
    return s.key(
        "use_incoming_timestamp",
        Type.BOOL,
        false,
        "If true, entries carry the timestamp of their record.");
  }

  private static KafkaLogs read(YamlObject o) {
    String assignor = o.get(ASSIGNOR);
    String strategy =
        switch (assignor) {
          case "range", "" -> "RangeAssignor";
          case "sticky" -> "StickyAssignor";
          case "roundrobin" -> "RoundRobinAssignor";
          default ->
              throw o.error(
                  ASSIGNOR,
                  "unrecognized consumer group partition assignor: "
                      + assignor
                      + "; it is range, sticky or roundrobin");
        };
    List<String> topics = o.get(TOPICS);
    for (String t : topics) {
      if (t.startsWith("^")) {
        try {
          Pattern.compile(t);
        } catch (PatternSyntaxException e) {
          throw o.error(TOPICS, "invalid pattern of topics \"" + t + "\": " + e.getDescription());
        }
      }
    }
    if (topics.isEmpty()) {
      throw o.error(TOPICS, "no topics given to be consumed");
    }
    Map<String, Object> p = new HashMap<>(o.get(AUTH));
    p.put("bootstrap.servers", brokers(o, BROKERS, o.get(BROKERS)));
    p.put("partition.assignment.strategy", ASSIGNORS + strategy);
    return new KafkaLogs(
        "kafka",
        consumer(p),
        topics,
        o.get(GROUP),
        o.get(TIMES),
        LABELS.read(o),
        RecordLines.WHOLE);
  }

  private static KafkaLogs readHubs(YamlObject o) {
    if (o.get(EVENT_HUBS).isEmpty()) {
      throw o.error(EVENT_HUBS, "event_hubs requires at least one name");
    }
    Map<String, Object> p = new HashMap<>();
    p.put("bootstrap.servers", brokers(o, NAMESPACE, List.of(o.get(NAMESPACE))));
    p.put("security.protocol", "SASL_SSL");
    sasl(p, "PLAIN", "$ConnectionString", o.get(CONNECTION_STRING).value());
    return new KafkaLogs(
        "azure_event_hubs",
        consumer(p),
        o.get(EVENT_HUBS),
        o.get(HUBS_GROUP),
        o.get(HUBS_TIMES),
        HUBS_LABELS.read(o),
        new AzureRecords(o.get(HUBS_TIMES), o.get(DISALLOW_CUSTOM)));
  }

  private static Map<String, Object> consumer(Map<String, Object> p) {
    p.put("auto.offset.reset", "earliest");
    p.put("enable.auto.commit", false);
    p.put("metadata.max.age.ms", 30_000); // interval at which patterns are matched again
    p.put("metadata.recovery.strategy", "rebootstrap");
    return Map.copyOf(p);
  }

  private static String brokers(YamlObject o, Key<?> key, List<String> brokers) {
    for (String b : brokers) {
      int colon = b.lastIndexOf(':');
      if (colon <= 0 || !b.substring(colon + 1).matches("\\d{1,5}")) {
        throw o.error(key, "\"" + b + "\" is not host:port");
      }
    }
    if (brokers.isEmpty()) {
      throw o.error(key, "no Kafka bootstrap brokers defined");
    }
    return String.join(",", brokers);
  }

  private static Map<String, Object> authentication(YamlObject o) {
    Map<String, Object> p = new HashMap<>();
    String type = o.get(TYPE_KEY);
    switch (type) {
      case "none", "" -> p.put("security.protocol", "PLAINTEXT");
      case "ssl" -> {
        p.put("security.protocol", "SSL");
        YamlObject tls = o.find(TLS);
        if (tls != null) {
          tls(p, tls);
        } else {
          p.put("ssl.endpoint.identification.algorithm", "https");
        }
      }
      case "sasl" -> {
        YamlObject s = o.find(SASL_KEY);
        if (s == null) {
          throw o.error(SASL_KEY, "sasl_config is required with type sasl");
        }
        boolean encrypted = s.get(USE_TLS);
        p.put("security.protocol", encrypted ? "SASL_SSL" : "SASL_PLAINTEXT");
        String mechanism = s.get(MECHANISM).isEmpty() ? "PLAIN" : s.get(MECHANISM);
        if (!List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512").contains(mechanism)) {
          throw s.error(
              MECHANISM,
              "error unsupported sasl mechanism: "
                  + mechanism
                  + "; it is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
        }
        sasl(p, mechanism, s.get(USER), s.get(PASSWORD).value());
        if (encrypted) {
          tls(p, s);
        }
      }
      default ->
          throw o.error(
              TYPE_KEY,
              "unsupported authentication type " + type + "; it must be none, ssl or " + "sasl");
    }
    return p;
  }

  private static void sasl(Map<String, Object> p, String mechanism, String user, String password) {
    p.put("sasl.mechanism", mechanism);
    p.put("sasl.jaas.config", KafkaConnection.jaas(mechanism, user, password));
  }

  private static void tls(Map<String, Object> p, YamlObject o) {
    try {
      p.putAll(TlsProperties.of(TlsConfig.read(o)));
    } catch (IOException e) {
      throw o.error(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public LogSource source(SourceContext context) {
    return new KafkaLogSource(this, context);
  }
}
