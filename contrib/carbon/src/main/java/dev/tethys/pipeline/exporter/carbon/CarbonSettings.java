package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.client.LineEndpoint;
import dev.tethys.pipeline.exporter.client.LineEndpoint.Transport;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameTemplate;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code carbon} exporter.
 *
 * @param http HTTP settings; null for Carbon's own ports
 * @param path name template for the path of a series
 * @param maxNames maximum number of path prefixes built from labels
 * @param tags whether labels outside the path are tags; otherwise nodes appended to it
 * @param notFinite whether non-finite samples are written as marks; otherwise dropped
 */
record CarbonSettings(
    LineEndpoint endpoint,
    @Nullable CarbonHttp http,
    Format format,
    NameTemplate path,
    int maxNames,
    boolean tags,
    boolean notFinite,
    RowSettings rows,
    DeliverySettings delivery) {
  /** Encoding of points in a request. */
  enum Format {
    PLAINTEXT,
    PICKLE,
    JSON
  }

  private static final Section SECTION =
      new Section("carbon", "Writes metrics to Graphite.").include(DeliverySettings.SECTION);
  private static final LineEndpoint.Keys ENDPOINT =
      new LineEndpoint.Keys(
          SECTION, "localhost:2003", Transport.TCP, EnumSet.of(Transport.TCP, Transport.UDP), 1432);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION,
          HistogramRule.CLASSIC,
          EnumSet.of(HistogramRule.CLASSIC, HistogramRule.DROP),
          10_000,
          1 << 20);
  private static final Key<CarbonHttp> HTTP =
      SECTION.optional(
          "http", CarbonHttp.TYPE, "HTTP API of a hosted Graphite, instead of endpoint.");
  private static final Key<Format> FORMAT =
      SECTION.key(
          "format",
          Type.lowerCase("format", Format.class),
          Format.PLAINTEXT,
          "Format of the points: plaintext, pickle over TCP, or json over HTTP.");

  /** Keys that do not apply to HTTP. */
  private static final List<String> OF_SOCKETS =
      List.of("endpoint", "transport", "tls", "confirm", "max_datagram_bytes");

  private static final Key<String> PATH =
      SECTION.key(
          "path",
          Type.STRING,
          "{__name__}",
          "Path of a series; {label} is replaced by the label's value.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 10_000);
  private static final Key<Boolean> TAGS =
      SECTION.key(
          "tags",
          Type.BOOL,
          true,
          "If true, labels outside the path become tags; if false, each is "
              + "appended to the path as two nodes, its name and its value.");
  private static final Key<Boolean> NOT_FINITE =
      SECTION.key(
          "not_finite",
          Type.oneOf("rule for samples that are not finite", notFiniteRules()),
          true,
          "Handling of samples that are not finite: metric writes them as marks "
              + "to an additional metric, drop drops and counts them.");
  private static final Key<Long> MAX_IDLE =
      SECTION.key(
          "max_idle_conns",
          Type.INT,
          100L,
          "No effect: connections are limited by the number of concurrent " + "requests.");
  private static final Section CONVERSION =
      new Section(
          "resource_to_telemetry_conversion", "Conversion of resource attributes to labels.");
  private static final Key<Boolean> CONVERSION_ENABLED =
      CONVERSION.key(
          "enabled",
          Type.BOOL,
          false,
          "If true, all resource attributes become labels, as with "
              + "resource_attributes_as_labels.");
  private static final Key<Boolean> RESOURCES =
      SECTION.key(
          "resource_to_telemetry_conversion",
          CONVERSION.type(o -> o.get(CONVERSION_ENABLED)),
          false,
          "Conversion of resource attributes to labels.");

  static final Type<CarbonSettings> TYPE = SECTION.type(CarbonSettings::read);

  private static SequencedMap<String, Boolean> notFiniteRules() {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put("metric", true);
    m.put("drop", false);
    return m;
  }

  private static CarbonSettings read(YamlObject o) {
    LineEndpoint endpoint = ENDPOINT.read(o);
    CarbonHttp http = o.find(HTTP);
    if (o.get(FORMAT) == Format.PICKLE && (endpoint.isPacked() || http != null)) {
      throw o.error(FORMAT, "format: pickle requires transport: tcp");
    }
    if (o.get(FORMAT) == Format.JSON && http == null) {
      throw o.error(FORMAT, "format: json requires http");
    }
    if (http != null && http.hasInterval() && o.get(FORMAT) != Format.JSON) {
      throw o.error(HTTP, "interval requires format: json");
    }
    for (String key : OF_SOCKETS) {
      if (http != null && o.node().entries().containsKey(key)) {
        throw o.error(HTTP, "\"" + key + "\" is for Carbon's own ports: http has separate keys");
      }
    }
    o.get(MAX_IDLE);
    RowSettings rows = ROWS.read(o);
    return new CarbonSettings(
        endpoint,
        http,
        o.get(FORMAT),
        path(o),
        BoundedNames.read(o, MAX_NAMES),
        o.get(TAGS),
        o.get(NOT_FINITE),
        o.get(RESOURCES) ? rows.withResourcesAsLabels() : rows,
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }

  private static NameTemplate path(YamlObject o) {
    NameTemplate t;
    try {
      t = NameTemplate.parse(o.get(PATH));
    } catch (IllegalArgumentException e) {
      throw o.error(PATH, "path: " + e.getMessage());
    }
    String example = t.of(l -> "x");
    if (!t.textsMatch("[A-Za-z0-9_.:-]*")
        || example.isEmpty()
        || example.startsWith(".")
        || example.endsWith(".")
        || example.contains("..")) {
      throw o.error(
          PATH,
          "path must consist of letters, digits, _ . : - and {labels}, with single dots between "
              + "nodes and none at either end");
    }
    return t;
  }
}
