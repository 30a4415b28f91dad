package dev.tethys.pipeline.destination.elastic;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.destination.rows.RowSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Keys of the Collector's exporter (its config.go) in the meaning that they have there. */
final class VendorKeys {
  /** What {@code retry} says. */
  private record Repeats(boolean enabled, int attempts, Duration first, Duration longest) {}

  private static final Section RETRY = new Section("retry", "When bulk requests are repeated.");
  private static final Key<Boolean> ENABLED =
      RETRY.key("enabled", Type.BOOL, true, "Whether they are.");
  private static final Key<Long> MAX_RETRIES =
      RETRY.key("max_retries", Type.INT, 2L, "How often after the first attempt.");
  private static final Key<Long> MAX_REQUESTS =
      RETRY.optional("max_requests", Type.INT, "How often in all; the older key.");
  private static final Key<Duration> INITIAL_INTERVAL =
      RETRY.key(
          "initial_interval", GoDurations.TYPE, Duration.ofMillis(100), "Pause after a failure.");
  private static final Key<Duration> MAX_INTERVAL =
      RETRY.key("max_interval", GoDurations.TYPE, Duration.ofMinutes(1), "Longest pause.");

  private static final Section FLUSH =
      new Section("flush", "How large requests become. Nothing waits here to fill them.");
  private static final Key<Long> BYTES =
      FLUSH.key("bytes", Type.INT, 5_000_000L, "Most bytes of a request, before compression.");
  private static final Key<Duration> INTERVAL =
      FLUSH.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofSeconds(30),
          "Longest that a document waits, which is always kept: none waits. sending_queue.batch"
              + " makes small batches wait for others.");

  private static final Section DYNAMIC =
      new Section("dynamic_index", "Whether attributes say where a document goes.");
  private static final Key<Boolean> DYNAMIC_ENABLED =
      DYNAMIC.key("enabled", Type.BOOL, false, "Says nothing more: mapping.mode otel always does.");

  private static final Section MAPPING = new Section("mapping", "How documents look.");
  private static final Key<String> MODE =
      MAPPING.key(
          "mode", Type.STRING, "tethys", "tethys: documents of our own; otel: OTel-native.");

  static {
    RETRY.notBuilt("retry_on_status", "Statuses that are tried again.");
    MAPPING.notBuilt("allowed_modes", "Modes that senders may choose.");
  }

  private static boolean isOtel(YamlObject o, String mode) {
    String word = mode.toLowerCase(Locale.ROOT);
    return switch (word) {
      case "tethys" -> false;
      case "otel" -> true;
      case "none", "no", "", "raw", "ecs", "bodymap" ->
          throw o.error(
              MODE, "mapping mode \"" + word + "\" is not built in Tethys; allowed: tethys, otel");
      default ->
          throw o.error(MODE, "unknown mapping mode \"" + word + "\"; allowed: tethys, otel");
    };
  }

  private final Key<List<String>> endpoints;
  private final Key<String> cloudId;
  private final Key<Long> numWorkers;
  private final Key<Repeats> retry;
  private final Key<Long> flush;
  private final Key<Boolean> mapping;
  private final List<Key<Boolean>> dynamic = new ArrayList<>(); // metrics, logs, traces

  /** Adds the keys to a section. */
  VendorKeys(Section s) {
    endpoints =
        s.key(
            "endpoints", Type.list(Type.STRING), List.of(), "Several servers, written to in turn.");
    cloudId = s.key("cloudid", Type.STRING, "", "Elastic Cloud's id of the cluster.");
    numWorkers = s.optional("num_workers", Type.INT, "Most bulk requests at once.");
    retry = s.optional("retry", RETRY.type(VendorKeys::repeats), RETRY.doc());
    flush = s.optional("flush", FLUSH.type(VendorKeys::bytes), FLUSH.doc());
    mapping = s.key("mapping", MAPPING.type(o -> isOtel(o, o.get(MODE))), false, MAPPING.doc());
    for (String signal : List.of("metrics", "logs", "traces")) {
      dynamic.add(
          s.key(
              signal + "_dynamic_index",
              DYNAMIC.type(o -> o.get(DYNAMIC_ENABLED)),
              false,
              DYNAMIC.doc()));
    }
  }

  boolean isOtel(YamlObject o) {
    return o.get(mapping);
  }

  /**
   * Refuses what {@code *_dynamic_index} cannot mean.
   *
   * @param indices the keys of indices of metrics, logs and traces
   */
  void checkRouting(YamlObject o, boolean otel, List<Key<String>> indices) {
    for (int i = 0; i < dynamic.size(); i++) {
      Key<Boolean> k = dynamic.get(i);
      if (!o.get(k)) {
        continue;
      }
      if (!otel) {
        throw o.error(
            k,
            "attributes say where documents go only with mapping: {mode: otel}, not built"
                + " otherwise");
      }
      if (o.has(indices.get(i))) {
        throw o.error(k, "must not specify both " + indices.get(i).name() + " and " + k.name());
      }
    }
  }

  /** The servers: exactly one of three keys names them. */
  List<URI> endpoints(YamlObject o, @Nullable URI endpoint) {
    List<String> several = o.get(endpoints);
    String id = o.get(cloudId);
    if ((endpoint == null ? 0 : 1) + (several.isEmpty() ? 0 : 1) + (id.isEmpty() ? 0 : 1) != 1) {
      throw o.error(
          "exactly one of \"endpoint\", \"endpoints\" and \"cloudid\" must name the server, as"
              + " endpoint: http://host:9200");
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
      if (u.getHost() != null && ("http".equals(u.getScheme()) || "https".equals(u.getScheme()))) {
        return u;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw o.error(key, "\"" + text + "\" is no URL of a server, as http://host:9200");
  }

  /** A name, a colon, then in Base64 host, $ and the id of the cluster. */
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
    throw o.error(cloudId, "cloudid wants name:BASE64, as Elastic Cloud shows it");
  }

  private static Repeats repeats(YamlObject o) {
    Long requests = o.find(MAX_REQUESTS);
    if (requests != null && o.has(MAX_RETRIES)) {
      throw o.error(MAX_REQUESTS, "must not specify both max_requests and max_retries");
    }
    long attempts = requests != null && requests > 0 ? requests : o.get(MAX_RETRIES) + 1;
    if (attempts < 1 || attempts > Integer.MAX_VALUE || (requests != null && requests < 0)) {
      throw o.error(MAX_RETRIES, "max_retries and max_requests want at least 0");
    }
    return new Repeats(
        o.get(ENABLED), (int) attempts, o.get(INITIAL_INTERVAL), o.get(MAX_INTERVAL));
  }

  private static long bytes(YamlObject o) {
    o.get(INTERVAL);
    long n = o.get(BYTES);
    if (n < 1 || n > 1 << 30) {
      throw o.error(BYTES, "bytes wants 1 to " + (1 << 30));
    }
    return n;
  }

  /** Rows with the size of requests that {@code flush} says. */
  RowSettings flushed(YamlObject o, RowSettings rows) {
    Long n = o.find(flush);
    return n == null
        ? rows
        : new RowSettings(rows.otlp(), rows.histograms(), rows.maxItems(), n.intValue());
  }

  /** Delivery with what {@code retry} and {@code num_workers} say. */
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
    Long workers = o.find(numWorkers);
    if (workers == null) {
      return d;
    }
    if (workers < 1 || workers > DeliverySettings.MAX_CONSUMERS) {
      throw o.error(numWorkers, "num_workers wants 1 to " + DeliverySettings.MAX_CONSUMERS);
    }
    return d.withConsumers(workers.intValue());
  }
}
