package dev.tethys.pipeline.exporter.loki;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Settings of the {@code loki} exporter.
 *
 * @param url URL including its path
 * @param tenant default tenant of streams; "" for none
 * @param resourceLabels attributes of resources used as labels; empty for all
 * @param recordLabels record attributes used as labels
 * @param json whether requests are JSON
 */
public record LokiExporterSettings(
    HttpClientSettings client,
    URI url,
    String tenant,
    List<String> resourceLabels,
    List<String> recordLabels,
    Set<Default> defaults,
    boolean json,
    DeliverySettings delivery) {
  /** Labels added automatically by the Collector's exporter. */
  enum Default {
    EXPORTER,
    JOB,
    INSTANCE,
    LEVEL
  }

  private static final Section SECTION =
      new Section("loki", "Sends logs to Loki.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys KEYS = new HttpClientSettings.Keys(SECTION);
  private static final Key<String> TENANT =
      SECTION.key("tenant_id", Type.STRING, "", "Tenant of streams without a tenant.");
  private static final Key<List<String>> RESOURCE_LABELS =
      SECTION.key(
          "resource_labels",
          Type.list(Type.STRING),
          List.of(),
          "Resource attributes that become labels, all if empty; other "
              + "attributes become structured metadata.");
  private static final Key<List<String>> RECORD_LABELS =
      SECTION.key(
          "record_labels",
          Type.list(Type.STRING),
          List.of(),
          "Record attributes that become labels; other attributes become "
              + "structured metadata.");
  private static final Key<Boolean> ENCODING =
      SECTION.key(
          "encoding",
          Type.oneOf("encoding", "proto", false, "json", true),
          false,
          "Encoding of requests: proto, compressed with snappy, or json.");

  private static final Section DEFAULTS =
      new Section("default_labels_enabled", "Default labels of the Collector's exporter.");
  private static final Map<Default, Key<Boolean>> DEFAULT_LABELS = new EnumMap<>(Default.class);

  static {
    Map.of(
            Default.EXPORTER, "exporter: OTLP.",
            Default.JOB, "service.namespace/service.name.",
            Default.INSTANCE, "service.instance.id.",
            Default.LEVEL, "The severity.")
        .forEach(
            (label, doc) ->
                DEFAULT_LABELS.put(
                    label,
                    DEFAULTS.key(label.name().toLowerCase(Locale.ROOT), Type.BOOL, true, doc)));
  }

  private static final Key<Set<Default>> DEFAULT_LABELS_ENABLED =
      SECTION.key(
          "default_labels_enabled",
          DEFAULTS.type(LokiExporterSettings::defaults),
          Set.of(),
          "Labels exporter, job, instance and level, as in the Collector's "
              + "exporter: without this key none is added, with it all that are not "
              + "false.");

  private static Set<Default> defaults(YamlObject o) {
    Set<Default> out = EnumSet.noneOf(Default.class);
    DEFAULT_LABELS.forEach(
        (label, key) -> {
          if (o.get(key)) {
            out.add(label);
          }
        });
    return out;
  }

  static final Type<LokiExporterSettings> TYPE = SECTION.type(LokiExporterSettings::read);

  private static LokiExporterSettings read(YamlObject o) {
    HttpClientSettings client = KEYS.read(o);
    URI url = client.endpoint();
    if (url == null) {
      throw o.error("\"endpoint\" must name Loki, as http://host:3100/loki/api/v1/push");
    }
    boolean json = o.get(ENCODING);
    boolean configured = o.node().entries().containsKey("compression");
    if (!json && configured && client.compression() != Compression.SNAPPY) {
      throw o.error("requests are compressed by snappy unless \"encoding\" is json");
    }
    return new LokiExporterSettings(
        client,
        url,
        o.get(TENANT),
        o.get(RESOURCE_LABELS),
        o.get(RECORD_LABELS),
        o.get(DEFAULT_LABELS_ENABLED),
        json,
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }
}
