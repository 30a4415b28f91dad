package dev.tethys.pipeline.destination.loki;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What the {@code loki} exporter is told.
 *
 * @param url with its path
 * @param tenant of streams that name none; "" for none
 * @param resourceLabels attributes of resources that are labels; empty for all of them
 * @param recordLabels attributes of records that are labels
 * @param json whether requests are JSON
 */
public record LokiExporterSettings(
    HttpClientSettings client,
    URI url,
    String tenant,
    List<String> resourceLabels,
    List<String> recordLabels,
    boolean json,
    DeliverySettings delivery) {
  private static final Section SECTION =
      new Section("loki", "Exports logs to Loki.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys KEYS = new HttpClientSettings.Keys(SECTION);
  private static final Key<String> TENANT =
      SECTION.key("tenant_id", Type.STRING, "", "Tenant of streams that name none.");
  private static final Key<List<String>> RESOURCE_LABELS =
      SECTION.key(
          "resource_labels",
          Type.list(Type.STRING),
          List.of(),
          "Attributes of resources that are labels, the others are structured metadata; all when"
              + " empty.");
  private static final Key<List<String>> RECORD_LABELS =
      SECTION.key(
          "record_labels",
          Type.list(Type.STRING),
          List.of(),
          "Attributes of records that are labels; the others are structured metadata.");
  private static final Key<Boolean> ENCODING =
      SECTION.key(
          "encoding",
          Type.oneOf("encoding", "proto", false, "json", true),
          false,
          "proto, which is compressed by snappy, or json.");

  static {
    SECTION.notBuilt("default_labels_enabled", "Labels of the Collector's exporter.");
  }

  static final Type<LokiExporterSettings> TYPE = SECTION.type(LokiExporterSettings::read);

  private static LokiExporterSettings read(YamlObject o) {
    HttpClientSettings client = KEYS.read(o);
    URI url = client.endpoint();
    if (url == null) {
      throw o.error("\"endpoint\" must name Loki, as http://host:3100/loki/api/v1/push");
    }
    boolean json = o.get(ENCODING);
    boolean said = o.node().entries().containsKey("compression");
    if (!json && said && client.compression() != Compression.SNAPPY) {
      throw o.error("requests are compressed by snappy unless \"encoding\" is json");
    }
    return new LokiExporterSettings(
        client,
        url,
        o.get(TENANT),
        o.get(RESOURCE_LABELS),
        o.get(RECORD_LABELS),
        json,
        DeliverySettings.read(o, Duration.ofSeconds(30)));
  }
}
