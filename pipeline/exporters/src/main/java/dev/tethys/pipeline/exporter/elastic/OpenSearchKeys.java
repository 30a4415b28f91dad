package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.naming.NameTemplate;
import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Keys of the Collector's exporter to OpenSearch, in the meaning that they have there. */
final class OpenSearchKeys {
  private static final Section HTTP = new Section("http", "HTTP client settings.");
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(HTTP);
  private static final Key<Duration> TIMEOUT =
      HTTP.optional("timeout", GoDurations.TYPE, "Timeout of a request.");

  /**
   * Settings of {@code mapping}.
   *
   * @param ss4o whether documents follow the schema; null if not set
   */
  private record Mode(@Nullable Boolean ss4o) {}

  /** Settings of {@code http}. */
  record Http(HttpClientSettings client, @Nullable Duration timeout) {}

  private static final Section MAPPING = new Section("mapping", "Mapping of documents.");
  private static final Key<Boolean> MODE =
      MAPPING.optional(
          "mode",
          Type.oneOf("mapping mode", modes()),
          "Mapping mode: ss4o for the Simple Schema for Observability, tethys for Tethys's own "
              + "documents. By default logs and traces are ss4o and metrics tethys; with a key "
              + "that only Tethys's documents have, all are tethys.");

  static {
    for (String k :
        new String[] {
          "fields",
          "file",
          "timestamp_field",
          "unix_timestamp",
          "dedup",
          "dedot",
          "manage_index_template",
          "index_template_file",
          "ism"
        }) {
      MAPPING.notBuilt(k, "Key of other modes of the Collector's exporter.");
    }
  }

  private static SequencedMap<String, Boolean> modes() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("tethys", false);
    m.put("ss4o", true);
    return m;
  }

  private final Collection<Key<?>> plain;
  private final Key<Http> http;
  private final Key<Mode> mapping;
  private final Key<String> dataset;
  private final Key<String> namespace;
  private final Key<String> logsFallback;
  private final Key<String> logsTime;
  private final Key<String> tracesFallback;
  private final Key<String> tracesTime;
  private final Key<String> action;

  /**
   * Adds the keys to a section.
   *
   * @param client keys that are in {@code http} as well
   */
  OpenSearchKeys(Section s, Collection<Key<?>> client) {
    plain = List.copyOf(client);
    http =
        s.optional(
            "http",
            HTTP.type(o -> new Http(CLIENT.read(o), o.find(TIMEOUT))),
            "HTTP client settings in a separate block, as in the Collector.");
    mapping =
        s.key("mapping", MAPPING.type(o -> new Mode(o.find(MODE))), new Mode(null), MAPPING.doc());
    dataset =
        s.key("dataset", Type.STRING, "default", "Dataset in index names; only with mode ss4o.");
    namespace =
        s.key(
            "namespace",
            Type.STRING,
            "namespace",
            "Namespace in index names; only with mode ss4o.");
    String fallback = "Text for absent attributes in index names; only with mode ss4o.";
    String time =
        "Date appended to index names, in yyyy, yy, MM, dd, HH, mm and ss; only with mode ss4o.";
    logsFallback = s.key("logs_index_fallback", Type.STRING, "", fallback);
    logsTime = s.key("logs_index_time_format", Type.STRING, "", time);
    tracesFallback = s.key("traces_index_fallback", Type.STRING, "", fallback);
    tracesTime = s.key("traces_index_time_format", Type.STRING, "", time);
    SequencedMap<String, String> actions = new LinkedHashMap<>();
    actions.put("create", "create");
    actions.put("index", "index");
    action =
        s.key(
            "bulk_action",
            Type.oneOf("bulk action", actions),
            "create",
            "Bulk action: create, or index for indices that are not data streams; "
                + "only with mode ss4o.");
  }

  /** Settings under {@code http}; null if its keys are at the top level. */
  @Nullable Http http(YamlObject o) {
    if (!o.has(http)) {
      return null;
    }
    for (Key<?> k : plain) {
      if (o.has(k)) {
        throw o.error(k, k.name() + " and http: write it in http");
      }
    }
    return o.find(http);
  }

  /**
   * Reads the schema; null for our own documents, which contradict its keys.
   *
   * @param own keys that only our own documents have
   */
  @Nullable Observability read(
      YamlObject o, Key<String> logsIndex, Key<String> tracesIndex, List<Key<?>> own) {
    Boolean written = o.get(mapping).ss4o();
    if (written == null ? own.stream().anyMatch(o::has) : !written) {
      for (Key<?> k :
          List.of(dataset, namespace, logsFallback, logsTime, tracesFallback, tracesTime, action)) {
        if (o.has(k)) {
          throw o.error(k, k.name() + " requires mapping: {mode: ss4o}");
        }
      }
      return null;
    }
    for (Key<String> k : List.of(dataset, namespace)) {
      if (o.get(k).isEmpty() || o.get(k).indexOf('{') >= 0) {
        throw o.error(k, k.name() + " must be specified, without braces");
      }
    }
    return new Observability(
        o.get(dataset),
        o.get(namespace),
        index(o, logsIndex, "ss4o_logs", logsFallback, logsTime),
        index(o, tracesIndex, "ss4o_traces", tracesFallback, tracesTime),
        o.get(action),
        written != null);
  }

  private Observability.Index index(
      YamlObject o, Key<String> key, String prefix, Key<String> fallback, Key<String> time) {
    boolean own = o.has(key);
    String text = own ? o.get(key) : prefix + "-" + o.get(dataset) + "-" + o.get(namespace);
    try {
      String missing = o.get(fallback);
      return new Observability.Index(
          NameTemplate.parse(text.replace("%{", "{"), ElasticSettings.INDEX),
          missing.isEmpty() ? "unknown" : missing,
          dated(o, time));
    } catch (IllegalArgumentException e) {
      throw o.error(own ? key : dataset, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable DatedIndices dated(YamlObject o, Key<String> key) {
    String format = o.get(key);
    if (format.isEmpty()) {
      return null;
    }
    if (!format.matches("(?:yyyy|yy|MM|dd|HH|mm|ss|[-._+])+")) {
      throw o.error(
          key,
          key.name()
              + " contains unsupported or invalid tokens: it is of yyyy, yy, MM, dd, HH, mm"
              + " and ss with any of - . _ + between");
    }
    return new DatedIndices(
        "-", DateTimeFormatter.ofPattern(format.replace('y', 'u'), Locale.ROOT));
  }
}
