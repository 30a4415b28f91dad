package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of bulk requests and their logging, named as in the Collector (its config.go).
 *
 * @param onStart whether nodes are discovered before the first request
 * @param interval interval of node discovery; zero to disable
 * @param scheme scheme of discovered nodes; null for the scheme of the first endpoint
 * @param logged logging settings
 * @param sourceOnError whether responses quote rejected documents; null for the server's default
 * @param filterPath additional response fields; "" for none
 */
record BulkRules(
    boolean onStart,
    Duration interval,
    @Nullable String scheme,
    BulkLog.Rules logged,
    @Nullable Boolean sourceOnError,
    String filterPath) {
  /** Response fields that {@link BulkSender} evaluates. */
  private static final String NEEDED =
      "errors,items.*.status,items.*.error.type,items.*.error.reason";

  /** Whether the cluster is ever queried for its servers. */
  boolean discovers() {
    return onStart || interval.isPositive();
  }

  /** Returns the path and query of a bulk request. */
  String path(String pipeline) {
    String source = sourceOnError == null ? "" : "&include_source_on_error=" + sourceOnError;
    return "/_bulk?filter_path="
        + NEEDED
        + (filterPath.isEmpty() ? "" : "," + filterPath)
        + source
        + (pipeline.isEmpty()
            ? ""
            : "&pipeline=" + URLEncoder.encode(pipeline, StandardCharsets.UTF_8));
  }

  /** The keys, added to the section of an exporter. */
  static final class Keys {
    private static final Section DISCOVER =
        new Section("discover", "Discovery of the servers of the cluster.");
    private static final Key<Boolean> ON_START =
        DISCOVER.key(
            "on_start",
            Type.BOOL,
            false,
            "If true, servers are discovered before the first request.");
    private static final Key<Duration> INTERVAL =
        DISCOVER.key(
            "interval",
            GoDurations.TYPE,
            Duration.ZERO,
            "Interval between discoveries; 0 to discover only once.");
    private static final Key<String> SCHEME =
        DISCOVER.optional(
            "scheme",
            Type.oneOf("scheme", List.of("http", "https")),
            "Scheme of requests to discovered servers: http or https; by default "
                + "that of the first endpoint.");
    private static final Type<Discovery> DISCOVERY =
        DISCOVER.type(o -> new Discovery(o.get(ON_START), o.get(INTERVAL), o.find(SCHEME)));

    private static final Section TELEMETRY =
        new Section("telemetry", "Debug logging of requests and responses.");
    private static final Key<Boolean> REQUESTS =
        TELEMETRY.key("log_request_body", Type.BOOL, false, "If true, request bodies are logged.");
    private static final Key<Boolean> RESPONSES =
        TELEMETRY.key(
            "log_response_body", Type.BOOL, false, "If true, response bodies are logged.");
    private static final Key<Boolean> FAILED =
        TELEMETRY.key(
            "log_failed_docs_input", Type.BOOL, false, "If true, rejected documents are logged.");
    private static final Key<Duration> FAILED_EVERY =
        TELEMETRY.key(
            "log_failed_docs_input_rate_limit",
            GoDurations.TYPE,
            Duration.ofSeconds(1),
            "Minimum interval between two logged rejections; 0 to log all.");

    private record Discovery(boolean onStart, Duration interval, @Nullable String scheme) {}

    private final boolean openSearch;
    private final Key<Discovery> discover;
    private final Key<BulkLog.Rules> telemetry;
    private final Key<Boolean> sourceOnError;
    private final Key<String> filterPath;

    Keys(Section s, boolean openSearch) {
      this.openSearch = openSearch;
      discover =
          s.key("discover", DISCOVERY, new Discovery(false, Duration.ZERO, null), DISCOVER.doc());
      telemetry =
          s.key(
              "telemetry",
              TELEMETRY.type(
                  o ->
                      new BulkLog.Rules(
                          o.get(REQUESTS), o.get(RESPONSES), o.get(FAILED), o.get(FAILED_EVERY))),
              BulkLog.Rules.NOTHING,
              TELEMETRY.doc());
      sourceOnError =
          s.optional(
              "include_source_on_error",
              Type.BOOL,
              "If true, errors quote the document; unset uses the server's default.");
      filterPath =
          s.key(
              "bulk_response_filter_path",
              Type.STRING,
              "",
              "Additional fields of bulk responses; statuses and errors are always included.");
      s.key(
          "suppress_conflict_errors",
          Type.BOOL,
          true,
          "If true, version conflicts are not reported; no effect, since an "
              + "existing document counts as delivered without an error.");
    }

    BulkRules read(YamlObject o) {
      Discovery d = o.get(discover);
      if (openSearch && o.has(sourceOnError)) {
        throw o.error(
            sourceOnError, "include_source_on_error requires Elasticsearch 8.18 or later");
      }
      if (d.interval.isNegative()) {
        throw o.error(discover, "discover.interval must be at least 0");
      }
      String filter = o.get(filterPath);
      if (!filter.matches("[\\w.*,-]*")) {
        throw o.error(
            filterPath,
            "bulk_response_filter_path must be a comma-separated list of paths, such as items.*.x");
      }
      return new BulkRules(
          d.onStart, d.interval, d.scheme, o.get(telemetry), o.find(sourceOnError), filter);
    }
  }
}
