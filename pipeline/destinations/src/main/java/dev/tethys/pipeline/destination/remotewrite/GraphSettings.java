package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.destination.client.HttpClientSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * What the exporter of a graph is told, with the Collector's names.
 *
 * @param config what it means for the sender
 * @param otlp how OTLP metrics become series
 * @param samplesEach most samples in one request
 */
record GraphSettings(
    RemoteWriteConfig config, OtlpOptions otlp, int samplesEach, DeliverySettings delivery) {
  private static final Section RESOURCE =
      new Section("resource_to_telemetry_conversion", "Resource attributes as labels.");
  private static final Key<Boolean> RESOURCE_ENABLED =
      RESOURCE.key("enabled", Type.BOOL, false, "All of them, of every series.");

  private static final Section SECTION =
      new Section("prometheus_remote_write", "Sends samples by remote write.");
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final Key<Message> PROTOBUF_MESSAGE =
      SECTION.key(
          "protobuf_message",
          Type.oneOf("remote write protobuf message", messages()),
          Message.V1,
          "prometheus.WriteRequest (1.0) or io.prometheus.write.v2.Request (2.0).");
  private static final Key<Boolean> SUFFIXES =
      SECTION.key(
          "add_metric_suffixes", Type.BOOL, true, "Units and _total at the names of metrics.");
  private static final Key<Boolean> RESOURCE_TO_TELEMETRY =
      SECTION.key(
          "resource_to_telemetry_conversion",
          RESOURCE.type(o -> o.get(RESOURCE_ENABLED)),
          false,
          "Resource attributes as labels; else they are in target_info.");
  private static final Key<Long> SAMPLES_EACH =
      SECTION.key("max_samples_per_send", Type.INT, 2000L, "Most samples in one request.");

  static {
    SECTION
        .include(DeliverySettings.SECTION)
        .notBuilt("remote_write_queue", "Old queue: sending_queue is in its place.")
        .notBuilt("wal", "Old disk queue: sending_queue with storage is in its place.")
        .notBuilt("namespace", "A prefix of names.")
        .notBuilt("external_labels", "Labels of every series.")
        .notBuilt("target_info", "Whether target_info is sent: always.")
        .notBuilt("scope_info", "Labels of scopes.")
        .notBuilt("export_created_metric", "Start times as series.")
        .notBuilt("max_batch_size_bytes", "Most bytes in one request: max_samples_per_send is.")
        .notBuilt("max_batch_request_parallelism", "sending_queue has num_consumers.");
  }

  static final Type<GraphSettings> TYPE = SECTION.type(GraphSettings::read);

  private static SequencedMap<String, Message> messages() {
    SequencedMap<String, Message> m = new LinkedHashMap<>();
    for (Message x : Message.values()) {
      m.put(x.text(), x);
    }
    return m;
  }

  private static GraphSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    if (client.endpoint() == null) {
      throw o.error("endpoint is missing: the URL that requests are posted to");
    }
    if (client.auth() != null) {
      throw o.error("auth of an extension is not built for remote write; headers are");
    }
    long each = o.get(SAMPLES_EACH);
    if (each < 1 || each > 1_000_000) {
      throw o.error(SAMPLES_EACH, "max_samples_per_send wants 1 to 1000000");
    }
    DeliverySettings delivery = DeliverySettings.read(o, Duration.ofSeconds(5));
    Map<String, String> headers = new LinkedHashMap<>();
    for (Map.Entry<String, Secret> h : client.headers().entrySet()) {
      headers.put(h.getKey(), h.getValue().value());
    }
    OtlpOptions d = OtlpOptions.DEFAULT;
    OtlpOptions otlp =
        new OtlpOptions(
            o.get(SUFFIXES)
                ? TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES
                : TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES,
            Set.of(),
            o.get(RESOURCE_TO_TELEMETRY),
            Set.of(),
            d.keepIdentifyingResourceAttributes(),
            d.convertHistogramsToNhcb(),
            d.promoteScopeMetadata(),
            d.labelNameUnderscoreSanitization(),
            d.labelNamePreserveMultipleUnderscores(),
            d.acceptDelta(),
            d.lookbackDelta(),
            d.typeAndUnitLabels());
    return new GraphSettings(
        new RemoteWriteConfig(
            client.endpoint(),
            "",
            o.get(PROTOBUF_MESSAGE),
            delivery.timeout(),
            headers,
            Relabeling.NONE,
            true,
            true,
            client.client(),
            QueueConfig.DEFAULT,
            MetadataConfig.DEFAULT),
        otlp,
        (int) each,
        delivery);
  }
}
