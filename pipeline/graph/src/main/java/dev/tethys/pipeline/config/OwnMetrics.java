package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code service.telemetry.metrics}: how the process exposes its metrics.
 *
 * @param pages addresses at which they are served
 * @param pushes destinations to which they are sent
 * @param views modifications of exposed metrics
 */
public record OwnMetrics(List<Page> pages, List<OwnMetricsPush> pushes, List<OwnView> views) {
  /** Default address of the Collector's metrics. */
  public static final String DEFAULT_ADDRESS = "localhost:8888";

  /**
   * Page on which metrics are served.
   *
   * @param address {@code host:port}
   * @param withoutUnits whether names of the Collector's metrics end without their units
   * @param withoutTypeSuffix whether those of counters end without {@code _total}
   * @param included patterns of the resource's attributes that every metric has as labels; null for
   *     none of them
   * @param excluded patterns of attributes that no metric has
   */
  public record Page(
      String address,
      boolean withoutUnits,
      boolean withoutTypeSuffix,
      @Nullable List<String> included,
      List<String> excluded) {
    /** Default page. */
    static final Page DEFAULT = new Page(DEFAULT_ADDRESS, false, false, null, List.of());
  }

  /** Default settings. */
  static final OwnMetrics USUAL = new OwnMetrics(List.of(Page.DEFAULT), List.of(), List.of());

  private static final Section CONSTANT_LABELS =
      new Section(
          "telemetry_constant_labels", "Resource attributes that become labels of all metrics.");
  private static final Key<List<String>> INCLUDED =
      CONSTANT_LABELS.optional(
          "included", Type.list(Type.STRING), "Included attributes; * and ? are wildcards.");
  private static final Key<List<String>> EXCLUDED =
      CONSTANT_LABELS.key(
          "excluded", Type.list(Type.STRING), List.of(), "Resource attributes to exclude.");

  /** Attribute patterns. */
  private record Patterns(@Nullable List<String> included, List<String> excluded) {}

  private static final Section PROMETHEUS =
      new Section("telemetry_prometheus", "Endpoint that serves metrics to Prometheus.");
  private static final Key<String> HOST =
      PROMETHEUS.key("host", Type.STRING, "localhost", "Address to listen on.");
  private static final Key<Long> PORT =
      PROMETHEUS.key("port", Type.INT, 8888L, "Port to listen on.");
  private static final Key<Boolean> NO_SCOPE =
      PROMETHEUS.key("without_scope_info", Type.BOOL, true, "No effect: metrics have no scope.");
  private static final Key<Boolean> NO_UNITS =
      PROMETHEUS.key(
          "without_units", Type.BOOL, false, "If true, metric names have no unit suffix.");
  private static final Key<Boolean> NO_SUFFIX =
      PROMETHEUS.key(
          "without_type_suffix", Type.BOOL, false, "If true, metric names have no _total suffix.");
  private static final Key<Patterns> RESOURCE_LABELS =
      PROMETHEUS.optional(
          "with_resource_constant_labels",
          CONSTANT_LABELS.type(
              o ->
                  new Patterns(o.has(INCLUDED) ? o.find(INCLUDED) : List.of("*"), o.get(EXCLUDED))),
          "Resource attributes that become labels of all metrics.");

  private static final Section PULL_EXPORTER =
      new Section("telemetry_pull_exporter", "Exporter that serves metrics on request.");
  private static final Key<Page> PULL_PROMETHEUS =
      PULL_EXPORTER.required(
          "prometheus",
          PROMETHEUS.type(OwnMetrics::page),
          "Endpoint that serves metrics to Prometheus.");
  private static final Section PULL =
      new Section("telemetry_pull", "Reader that serves metrics on request.");
  private static final Key<Page> EXPORTER =
      PULL.required(
          "exporter",
          PULL_EXPORTER.type(o -> o.get(PULL_PROMETHEUS)),
          "Exporter that serves metrics on request.");

  /** Either a page or a push. */
  private record Reader(@Nullable Page page, @Nullable OwnMetricsPush push) {}

  private static final Section READER = new Section("telemetry_reader", "Reader of metrics.");
  private static final Key<Page> READER_PULL =
      READER.optional(
          "pull", PULL.type(o -> o.get(EXPORTER)), "Reader that serves metrics on request.");
  private static final Key<OwnMetricsPush> PERIODIC =
      READER.optional(
          "periodic", OwnMetricsPush.TYPE, "Reader that pushes metrics at an interval.");

  private static final Section SECTION =
      new Section("telemetry_metrics", "Metrics of the process.");
  private static final Key<String> LEVEL =
      SECTION.key(
          "level",
          words("level", "none", "basic", "normal", "detailed"),
          "normal",
          "Level of metrics: none serves no metrics; all other levels serve the "
              + "same metrics.");
  private static final Key<List<Reader>> READERS =
      SECTION.optional(
          "readers",
          Type.list(READER.type(OwnMetrics::reader)),
          "Readers that serve or push metrics.");
  private static final Key<String> ADDRESS =
      SECTION.optional(
          "address",
          Type.STRING,
          "Former way of writing the address of the Prometheus endpoint: " + "host:port.");

  private static final Key<List<OwnView>> VIEWS =
      SECTION.optional(
          "views",
          Type.list(OwnView.TYPE),
          "Views that change how metrics are exported; with level: detailed.");

  /** Reads the block. */
  static final Type<OwnMetrics> TYPE = SECTION.type(OwnMetrics::read);

  private static OwnMetrics read(YamlObject o) {
    List<Reader> readers = o.find(READERS);
    String address = o.find(ADDRESS);
    if (address != null) {
      if (readers != null) {
        throw o.error(ADDRESS, "address was replaced by readers; remove one of them");
      }
      readers = List.of(new Reader(new Page(address, false, false, null, List.of()), null));
    }
    if (readers == null) {
      readers = List.of(new Reader(Page.DEFAULT, null));
    }
    String level = o.get(LEVEL);
    List<OwnView> views = o.find(VIEWS);
    if (views != null && !level.equals("detailed")) {
      throw o.error(VIEWS, "views are only taken with level: detailed");
    }
    if (level.equals("none")) {
      return new OwnMetrics(List.of(), List.of(), List.of());
    }
    return new OwnMetrics(
        readers.stream().map(Reader::page).filter(Objects::nonNull).toList(),
        readers.stream().map(Reader::push).filter(Objects::nonNull).toList(),
        views == null ? List.of() : views);
  }

  private static Reader reader(YamlObject o) {
    Page page = o.find(READER_PULL);
    OwnMetricsPush push = o.find(PERIODIC);
    if ((page == null) == (push == null)) {
      throw o.error("a reader requires one of pull and periodic");
    }
    return new Reader(page, push);
  }

  private static Page page(YamlObject o) {
    long port = o.get(PORT);
    if (port < 0 || port > 65535) {
      throw o.error(PORT, "a port must be 0 to 65535");
    }
    o.get(NO_SCOPE);
    String host = o.get(HOST);
    Patterns labels = o.find(RESOURCE_LABELS);
    return new Page(
        (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port,
        o.get(NO_UNITS),
        o.get(NO_SUFFIX),
        labels == null ? null : labels.included,
        labels == null ? List.of() : labels.excluded);
  }

  /** Returns a type of case-insensitive words. */
  static Type<String> words(String what, String... words) {
    SequencedMap<String, String> m = new LinkedHashMap<>();
    for (String w : words) {
      m.put(w, w);
    }
    return Type.anyCase(what, m);
  }
}
