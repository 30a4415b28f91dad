package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.destination.client.HttpClientSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the exporter of a graph is told, with the Collector's names.
 *
 * @param config what it means for the sender
 * @param otlp how OTLP metrics become series
 * @param samplesEach most samples in one request
 * @param edits what is done to series before they are sent
 * @param auth null when requests do not authenticate
 */
record GraphSettings(
    RemoteWriteConfig config,
    OtlpOptions otlp,
    int samplesEach,
    SeriesEdits edits,
    @Nullable Reference auth,
    DeliverySettings delivery) {
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

  private static final Key<String> NAMESPACE =
      SECTION.key("namespace", Type.STRING, "", "What names begin with, before an underscore.");
  private static final Key<Map<String, String>> EXTERNAL_LABELS =
      SECTION.key(
          "external_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Labels of every series that does not have them.");
  private static final Section TARGET_INFO =
      new Section("target_info", "The series that tells the attributes of a resource.");
  private static final Key<Boolean> TARGET_INFO_ENABLED =
      TARGET_INFO.key("enabled", Type.BOOL, true, "Whether it is sent for OTLP metrics.");
  private static final Key<Boolean> TARGET_INFO_KEY =
      SECTION.key(
          "target_info", TARGET_INFO.type(o -> o.get(TARGET_INFO_ENABLED)), true, "target_info.");

  static {
    SECTION
        .include(DeliverySettings.SECTION)
        .notBuilt("remote_write_queue", "Old queue: sending_queue is in its place.")
        .notBuilt("wal", "Old disk queue: sending_queue with storage is in its place.")
        .notBuilt("send_metadata", "Metadata always goes along.")
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

  private static SeriesEdits edits(YamlObject o) {
    String namespace = o.get(NAMESPACE);
    if (!namespace.isEmpty() && !LabelNames.isLegacyMetricName(namespace)) {
      throw o.error(NAMESPACE, "\"" + namespace + "\" cannot stand at the start of a name");
    }
    LabelsBuilder external = new LabelsBuilder();
    o.get(EXTERNAL_LABELS)
        .forEach(
            (name, value) -> {
              if (!NameScheme.UTF8.isValidLabelName(name) || name.equals(Labels.METRIC_NAME)) {
                throw o.error(EXTERNAL_LABELS, "\"" + name + "\" is not a valid label name");
              }
              external.set(name, value);
            });
    return new SeriesEdits(new ExternalLabels(external.build()), namespace, o.get(TARGET_INFO_KEY));
  }

  private static GraphSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    if (client.endpoint() == null) {
      throw o.error("endpoint is missing: the URL that requests are posted to");
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
        edits(o),
        client.auth(),
        delivery);
  }
}
