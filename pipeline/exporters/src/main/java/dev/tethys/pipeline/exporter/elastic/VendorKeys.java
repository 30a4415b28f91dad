package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.NameTemplate;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Keys of the Collector's exporter (its config.go), with the same meaning. */
final class VendorKeys {
  /** Settings of {@code retry}. */
  private record Repeats(
      boolean enabled,
      int attempts,
      Duration first,
      Duration longest,
      @Nullable Set<Integer> statuses,
      @Nullable Set<Integer> ofDocuments) {}

  private static final Section RETRY = new Section("retry", "Retries of bulk requests.");
  private static final Key<Boolean> ENABLED =
      RETRY.key("enabled", Type.BOOL, true, "Enables retries.");
  private static final Key<Long> MAX_RETRIES =
      RETRY.key("max_retries", Type.INT, 2L, "Maximum number of retries after the first attempt.");
  private static final Key<Long> MAX_REQUESTS =
      RETRY.optional(
          "max_requests",
          Type.INT,
          "Former way of writing max_retries: maximum number of attempts "
              + "including the first.");
  private static final Key<Duration> INITIAL_INTERVAL =
      RETRY.key(
          "initial_interval",
          GoDurations.TYPE,
          Duration.ofMillis(100),
          "Initial pause between attempts.");
  private static final Key<Duration> MAX_INTERVAL =
      RETRY.key(
          "max_interval",
          GoDurations.TYPE,
          Duration.ofMinutes(1),
          "Maximum pause between attempts.");

  private static final Key<List<Long>> STATUSES =
      RETRY.optional(
          "retry_on_status",
          Type.list(Type.INT),
          "Only these statuses of requests and documents are retried; by default "
              + "all temporary ones.");
  private static final Key<List<Long>> DOCUMENT_STATUSES =
      RETRY.optional(
          "retry_on_document_status",
          Type.list(Type.INT),
          "Only these statuses of documents are retried; by default those of "
              + "retry_on_status.");

  private static final Section FLUSH =
      new Section("flush", "Maximum size of requests. The exporter does not wait to fill them.");
  private static final Key<Long> BYTES =
      FLUSH.key(
          "bytes", Type.INT, 5_000_000L, "Maximum size of a request in bytes, before compression.");
  private static final Key<Duration> INTERVAL =
      FLUSH.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Maximum time that a document waits to fill a request. Ignored, because documents "
              + "never wait. Use sending_queue.batch to join small "
              + "batches.");

  private static final Section DYNAMIC =
      new Section("dynamic_index", "Index names taken from attributes.");
  private static final Key<Boolean> DYNAMIC_ENABLED =
      DYNAMIC.key(
          "enabled",
          Type.BOOL,
          false,
          "No effect: the Collector's modes always take index names from " + "attributes.");

  private static final Section BY_ATTRIBUTE =
      new Section("dynamic", "Index name taken from an attribute of each item.");
  private static final Key<Boolean> BY_ATTRIBUTE_ENABLED =
      BY_ATTRIBUTE.key("enabled", Type.BOOL, false, "Enables index names taken from an attribute.");

  private static final Section LOGSTASH =
      new Section("logstash_format", "Logstash format of index names, which appends a date.");
  private static final Key<Boolean> DATED =
      LOGSTASH.key("enabled", Type.BOOL, false, "Enables the Logstash format of index names.");
  private static final Key<String> SEPARATOR =
      LOGSTASH.key("prefix_separator", Type.STRING, "-", "Separator between name and date.");
  private static final Key<String> DATE =
      LOGSTASH.key("date_format", Type.STRING, "%Y.%m.%d", "Format of the date, as in strftime.");

  private static final Section MAPPING = new Section("mapping", "Mapping of documents.");
  private static final Key<String> MODE =
      MAPPING.key(
          "mode",
          Type.STRING,
          "tethys",
          "Mapping mode: tethys for Tethys's own documents; otel, none, raw, ecs "
              + "or bodymap as in the Collector.");
  private static final Key<List<String>> ALLOWED =
      MAPPING.key(
          "allowed_modes",
          Type.list(Type.STRING),
          List.of("otel", "none", "raw", "ecs", "bodymap"),
          "Modes that senders may request.");

  /**
   * Settings of {@code mapping}.
   *
   * @param isConfigured whether the mode is set
   */
  record Modes(Mapping mode, Set<Mapping> allowed, boolean isConfigured) {}

  private static Modes modes(YamlObject o) {
    Mapping mode = mode(o, MODE, o.get(MODE));
    if (mode == Mapping.TETHYS && o.has(ALLOWED)) {
      throw o.error(ALLOWED, "allowed_modes" + OF_MODES);
    }
    Set<Mapping> allowed = EnumSet.noneOf(Mapping.class);
    for (String name : o.get(ALLOWED)) {
      allowed.add(mode(o, ALLOWED, name));
    }
    if (mode != Mapping.TETHYS && !allowed.contains(mode)) {
      throw o.error(MODE, "invalid or disallowed default mapping mode \"" + mode + "\"");
    }
    return new Modes(mode, allowed, o.has(MODE));
  }

  private static Mapping mode(YamlObject o, Key<?> key, String name) {
    Mapping m = Mapping.named(name);
    if (m == null || (key == ALLOWED && m == Mapping.TETHYS)) {
      throw o.error(
          key,
          "unknown mapping mode \""
              + name
              + "\"; allowed: otel, none, raw, ecs, bodymap"
              + (key == MODE ? ", and tethys for Tethys's own documents" : ""));
    }
    return m;
  }

  private static Optional<DatedIndices> dated(YamlObject o) {
    try {
      DatedIndices d = DatedIndices.of(o.get(SEPARATOR), o.get(DATE));
      return o.get(DATED) ? Optional.of(d) : Optional.empty();
    } catch (IllegalArgumentException e) {
      throw o.error(DATE, String.valueOf(e.getMessage()));
    }
  }

  private static final String OF_MODES =
      " is of the Collector's documents: write mapping: {mode: otel}, or another of its modes";

  private final Key<List<String>> endpoints;
  private final Key<String> cloudId;
  private final Key<Long> numWorkers;
  private final Key<Repeats> retry;
  private final Key<List<String>> metadata;
  private final Key<Long> flush;
  private final @Nullable Key<Modes> mapping; // Elasticsearch only
  private final Key<Boolean> logIds;
  private final Key<Boolean> spanIds;
  private final Key<Boolean> logPipelines;
  private final Key<Optional<DatedIndices>> logstash;
  private final List<Key<Boolean>> dynamic = new ArrayList<>(); // metrics, logs, traces

  /** Adds the keys to a section. */
  VendorKeys(Section s, boolean openSearch) {
    endpoints =
        s.key(
            "endpoints",
            Type.list(Type.STRING),
            List.of(),
            "Addresses of several servers, used in turn.");
    cloudId = s.key("cloudid", Type.STRING, "", "Cloud ID of an Elastic Cloud deployment.");
    numWorkers = s.optional("num_workers", Type.INT, "Maximum number of concurrent bulk requests.");
    retry = s.optional("retry", RETRY.type(VendorKeys::repeats), RETRY.doc());
    metadata =
        s.key(
            "metadata_keys",
            Type.list(Type.STRING),
            List.of(),
            "Request metadata that must be equal for sending_queue.batch to join " + "batches.");
    flush = s.optional("flush", FLUSH.type(VendorKeys::bytes), FLUSH.doc());
    mapping =
        openSearch ? null : s.optional("mapping", MAPPING.type(VendorKeys::modes), MAPPING.doc());
    logIds = byAttribute(s, "logs_dynamic_id", "elasticsearch.document_id of records is the id.");
    spanIds = byAttribute(s, "traces_dynamic_id", "The same of spans and their events.");
    logPipelines =
        byAttribute(
            s,
            "logs_dynamic_pipeline",
            "elasticsearch.ingest_pipeline of records names their pipeline.");
    logstash = s.optional("logstash_format", LOGSTASH.type(VendorKeys::dated), LOGSTASH.doc());
    for (String signal : List.of("metrics", "logs", "traces")) {
      dynamic.add(
          s.key(
              signal + "_dynamic_index",
              DYNAMIC.type(o -> o.get(DYNAMIC_ENABLED)),
              false,
              DYNAMIC.doc()));
    }
  }

  private static Key<Boolean> byAttribute(Section s, String name, String about) {
    return s.key(name, BY_ATTRIBUTE.type(o -> o.get(BY_ATTRIBUTE_ENABLED)), false, about);
  }

  private @Nullable Modes readModes(YamlObject o) {
    return mapping == null ? null : o.find(mapping);
  }

  /** Whether no key determines the form of documents. */
  boolean isUnsaid(YamlObject o) {
    Modes modes = readModes(o);
    return modes == null || !modes.isConfigured;
  }

  /**
   * Reads the Collector's mode; null for our own documents, which contradict keys of the
   * Collector's documents.
   */
  @Nullable CollectorMode mode(
      YamlObject o,
      @Nullable NameTemplate logs,
      @Nullable NameTemplate traces,
      @Nullable NameTemplate metrics) {
    Modes modes = readModes(o);
    Optional<DatedIndices> dates = o.find(logstash);
    DatedIndices dated = dates == null ? null : dates.orElse(null);
    if (modes == null || modes.mode == Mapping.TETHYS) {
      for (Key<Boolean> k : List.of(logIds, spanIds, logPipelines)) {
        if (o.get(k)) {
          throw o.error(k, k.name() + OF_MODES);
        }
      }
      if (dated != null) {
        throw o.error(logstash, "logstash_format" + OF_MODES);
      }
      return null;
    }
    return new CollectorMode(
        modes.mode,
        modes.allowed,
        logs,
        traces,
        metrics,
        o.get(logIds),
        o.get(spanIds),
        o.get(logPipelines),
        dated);
  }

  /**
   * Rejects values of {@code *_dynamic_index} that cannot be honoured.
   *
   * @param indices the keys of indices of metrics, logs and traces
   */
  void checkRouting(YamlObject o, List<Key<String>> indices) {
    Modes modes = readModes(o);
    boolean otel = modes != null && modes.mode != Mapping.TETHYS;
    for (int i = 0; i < dynamic.size(); i++) {
      Key<Boolean> k = dynamic.get(i);
      if (!o.get(k)) {
        continue;
      }
      if (!otel) {
        throw o.error(
            k,
            "attributes select the destination only with mapping: {mode: otel}, or another of the"
                + " Collector's");
      }
      if (o.has(indices.get(i))) {
        throw o.error(k, "must not specify both " + indices.get(i).name() + " and " + k.name());
      }
    }
  }

  /** Returns the servers, named by exactly one of three keys. */
  List<URI> endpoints(YamlObject o, @Nullable URI endpoint) {
    List<String> several = o.get(endpoints);
    String id = o.get(cloudId);
    if ((endpoint == null ? 0 : 1) + (several.isEmpty() ? 0 : 1) + (id.isEmpty() ? 0 : 1) != 1) {
      throw o.error(
          "exactly one of \"endpoint\", \"endpoints\" and \"cloudid\" must be set, such as "
              + "endpoint: http://host:9200");
    }
    if (endpoint != null) {
      return List.of(endpoint);
    }
    return several.isEmpty()
        ? List.of(ofCloud(o, id))
        : several.stream().map(u -> server(o, endpoints, u)).toList();
  }

  private static URI server(YamlObject o, Key<?> key, String text) {
    try {
      URI u = URI.create(text);
      if (UrlHost.of(u) != null
          && ("http".equals(u.getScheme()) || "https".equals(u.getScheme()))) {
        return u;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw o.error(key, "\"" + text + "\" is not a server URL such as http://host:9200");
  }

  /** Parses a cloud ID: a name, a colon, then host, $ and the cluster ID in Base64. */
  private URI ofCloud(YamlObject o, String id) {
    int colon = id.indexOf(':');
    try {
      String decoded =
          new String(Base64.getDecoder().decode(id.substring(colon + 1)), StandardCharsets.UTF_8);
      String[] parts = decoded.split("[$]", -1);
      if (colon >= 0 && parts.length >= 2 && !parts[0].isEmpty() && !parts[1].isEmpty()) {
        return server(o, cloudId, "https://" + parts[1] + "." + parts[0]);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw o.error(cloudId, "cloudid must be name:BASE64, as Elastic Cloud shows it");
  }

  private static Repeats repeats(YamlObject o) {
    Long requests = o.find(MAX_REQUESTS);
    if (requests != null && o.has(MAX_RETRIES)) {
      throw o.error(MAX_REQUESTS, "must not specify both max_requests and max_retries");
    }
    long attempts = requests != null && requests > 0 ? requests : o.get(MAX_RETRIES) + 1;
    if (attempts < 1 || attempts > Integer.MAX_VALUE || (requests != null && requests < 0)) {
      throw o.error(MAX_RETRIES, "max_retries and max_requests must be at least 0");
    }
    Set<Integer> statuses = statuses(o, STATUSES);
    Set<Integer> ofDocuments = statuses(o, DOCUMENT_STATUSES);
    return new Repeats(
        o.get(ENABLED),
        (int) attempts,
        o.get(INITIAL_INTERVAL),
        o.get(MAX_INTERVAL),
        statuses,
        ofDocuments == null ? statuses : ofDocuments);
  }

  private static @Nullable Set<Integer> statuses(YamlObject o, Key<List<Long>> key) {
    List<Long> configured = o.find(key);
    if (configured == null) {
      return null;
    }
    Set<Integer> statuses = new HashSet<>();
    for (long s : configured) {
      if (s < 100 || s > 599) {
        throw o.error(key, key.name() + " must be HTTP statuses, not " + s);
      }
      statuses.add((int) s);
    }
    return statuses;
  }

  /** Returns the retryable statuses of requests; null for the defaults. */
  @Nullable Set<Integer> repeated(YamlObject o) {
    Repeats r = o.find(retry);
    return r == null ? null : r.statuses;
  }

  /** Returns the retryable statuses of documents; null for the defaults. */
  @Nullable Set<Integer> repeatedDocuments(YamlObject o) {
    Repeats r = o.find(retry);
    return r == null ? null : r.ofDocuments;
  }

  private static long bytes(YamlObject o) {
    o.get(INTERVAL);
    long n = o.get(BYTES);
    if (n < 1 || n > 1 << 30) {
      throw o.error(BYTES, "bytes must be 1 to " + (1 << 30));
    }
    return n;
  }

  /** Returns the row settings with the request size of {@code flush}. */
  RowSettings flushed(YamlObject o, RowSettings rows) {
    Long n = o.find(flush);
    return n == null
        ? rows
        : new RowSettings(rows.otlp(), rows.histograms(), rows.maxItems(), n.intValue());
  }

  /** Adds partitions by metadata; without batching nothing is merged, regardless of metadata. */
  private DeliverySettings withPartitions(YamlObject o, DeliverySettings d) {
    Set<String> keys = new TreeSet<>();
    for (String k : o.get(metadata)) {
      if (!keys.add(k.toLowerCase(Locale.ROOT))) {
        throw o.error(metadata, "metadata_keys has \"" + k + "\" twice");
      }
    }
    DeliverySettings.Batching b = d.batch();
    if (b == null || keys.isEmpty()) {
      return d;
    }
    b.metadataKeys().forEach(k -> keys.add(k.toLowerCase(Locale.ROOT)));
    return new DeliverySettings(
        d.timeout(),
        d.options(),
        d.storage(),
        d.deadLetterBytes(),
        new DeliverySettings.Batching(
            b.after(), b.minSize(), b.maxSize(), b.sizer(), List.copyOf(keys)));
  }

  /** Returns the delivery settings with {@code retry} and {@code num_workers} applied. */
  DeliverySettings delivered(YamlObject o, DeliverySettings d) {
    Repeats r = o.find(retry);
    if (r != null) {
      Retry was = d.options().retry();
      Retry now =
          new Retry(r.enabled, r.first, 2, r.longest, was.jitter(), Duration.ZERO, r.attempts);
      d =
          new DeliverySettings(
              d.timeout(), d.options().withRetry(now), d.storage(), d.deadLetterBytes(), d.batch());
    }
    d = withPartitions(o, d);
    Long workers = o.find(numWorkers);
    if (workers == null) {
      return d;
    }
    if (workers < 1 || workers > DeliverySettings.MAX_CONSUMERS) {
      throw o.error(numWorkers, "num_workers must be 1 to " + DeliverySettings.MAX_CONSUMERS);
    }
    return d.withConsumers(workers.intValue());
  }
}
