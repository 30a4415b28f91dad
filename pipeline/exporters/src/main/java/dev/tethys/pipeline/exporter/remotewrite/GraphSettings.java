package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of an exporter in a pipeline graph, named as in the Collector.
 *
 * @param config sender configuration
 * @param otlp conversion of OTLP metrics to series
 * @param samplesEach maximum samples in one request
 * @param bytesEach maximum bytes in one request before compression
 * @param sendMetadata whether requests of 1.0 contain metadata
 * @param edits changes to series before they are sent
 * @param metadataKeys metadata of batches that becomes request headers
 * @param auth null without authentication
 */
record GraphSettings(
    RemoteWriteConfig config,
    OtlpOptions otlp,
    int samplesEach,
    int bytesEach,
    boolean sendMetadata,
    SeriesEdits edits,
    List<String> metadataKeys,
    @Nullable Reference auth,
    DeliverySettings delivery) {
  private static final Section SECTION =
      new Section("prometheus_remote_write", "Sends samples by remote write.");
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final Section HTTP = new Section("http", "HTTP client settings.");
  private static final HttpClientSettings.Keys HTTP_CLIENT = new HttpClientSettings.Keys(HTTP);
  private static final Key<HttpClientSettings> HTTP_KEY =
      SECTION.optional(
          "http",
          HTTP.type(HTTP_CLIENT::read),
          "HTTP client settings in a separate block, instead of inline keys.");
  private static final List<Key<CloudAuth>> CLOUDS =
      List.of(
          SECTION.optional("sigv4", CloudAuth.SigV4.TYPE, "AWS request signing."),
          SECTION.optional("azuread", CloudAuth.AzureAd.TYPE, "Azure tokens of requests."),
          SECTION.optional("google_iam", CloudAuth.GoogleIam.TYPE, "Google tokens of requests."));
  private static final Key<RemoteWriteMessage> PROTOBUF_MESSAGE =
      SECTION.key(
          "protobuf_message",
          Type.oneOf(
              "remote write protobuf message",
              RemoteWriteMessage.values(),
              RemoteWriteMessage::text),
          RemoteWriteMessage.V1,
          "Message type of requests: prometheus.WriteRequest (1.0) or "
              + "io.prometheus.write.v2.Request (2.0).");
  private static final Key<Long> SAMPLES_EACH =
      SECTION.key(
          "max_samples_per_send", Type.INT, 2000L, "Maximum number of samples in a request.");

  private static final Key<String> NAMESPACE =
      SECTION.key(
          "namespace", Type.STRING, "", "Prefix of metric names, followed by an underscore.");
  private static final Key<Map<String, String>> EXTERNAL_LABELS =
      SECTION.key(
          "external_labels",
          Type.map(Type.STRING),
          Map.of(),
          "Labels added to every series that does not have them.");
  private static final Section TARGET_INFO =
      new Section("target_info", "Series target_info with the attributes of a resource.");
  private static final Key<Boolean> TARGET_INFO_ENABLED =
      TARGET_INFO.key("enabled", Type.BOOL, true, "If true, target_info is sent for OTLP metrics.");
  private static final Key<Boolean> TARGET_INFO_KEY =
      SECTION.key(
          "target_info",
          TARGET_INFO.type(o -> o.get(TARGET_INFO_ENABLED)),
          true,
          "Series target_info with the attributes of a resource.");

  private static final Section OLD_QUEUE =
      new Section("remote_write_queue", "Former way of writing sending_queue.");
  private static final Key<Boolean> OLD_QUEUE_ENABLED =
      OLD_QUEUE.key(
          "enabled",
          Type.BOOL,
          true,
          "If true, requests wait in a queue, as with sending_queue.enabled.");
  private static final Key<Long> OLD_QUEUE_SIZE =
      OLD_QUEUE.key("queue_size", Type.INT, 10_000L, "Maximum number of waiting requests.");
  private static final Key<Long> OLD_QUEUE_CONSUMERS =
      OLD_QUEUE.key("num_consumers", Type.INT, 5L, "Maximum number of concurrent requests.");
  private static final Key<YamlObject> REMOTE_WRITE_QUEUE =
      SECTION.optional(
          "remote_write_queue", OLD_QUEUE.type(o -> o), "Former way of writing sending_queue.");
  private static final Section WAL =
      new Section("wal", "Former way of writing a queue on disk, without an extension.");
  private static final Key<String> WAL_DIRECTORY =
      WAL.required("directory", Type.PATH, "Directory of the queue, used by this exporter alone.");
  private static final Key<Long> WAL_BUFFER =
      WAL.key(
          "buffer_size",
          Type.INT,
          300L,
          "No effect: requests are read from disk as they are sent.");
  private static final Key<Duration> WAL_TRUNCATE =
      WAL.key(
          "truncate_frequency",
          GoDurations.TYPE,
          Duration.ofMinutes(1),
          "No effect: delivered requests are deleted.");
  private static final Key<Duration> WAL_LAG =
      WAL.key(
          "lag_record_frequency",
          GoDurations.TYPE,
          Duration.ofSeconds(15),
          "Accepted; the lag is computed on request.");
  private static final Key<String> WAL_KEY =
      SECTION.optional(
          "wal",
          WAL.type(GraphSettings::walDirectory),
          "Queue on disk, instead of sending_queue with storage.");
  private static final Key<Long> BATCH_BYTES =
      SECTION.key(
          "max_batch_size_bytes",
          Type.INT,
          3_000_000L,
          "Maximum size of the series in a request in bytes before compression; a larger "
              + "series is sent alone.");
  private static final Key<Long> PARALLELISM =
      SECTION.optional(
          "max_batch_request_parallelism",
          Type.INT,
          "Maximum concurrent requests; replaces num_consumers.");
  private static final Key<Boolean> SEND_METADATA =
      SECTION.key(
          "send_metadata",
          Type.BOOL,
          false,
          "If true, requests of 1.0 contain types, units and help texts of " + "metric families.");

  private static final Key<List<String>> METADATA_KEYS =
      SECTION.key(
          "include_metadata_keys",
          Type.list(Type.STRING),
          List.of(),
          "Keys of batch metadata that becomes headers of requests.");

  /** Headers of the protocol, and the name under which requests record their contents. */
  private static final Set<String> RESERVED =
      Set.of(
          "content-encoding",
          "content-type",
          "user-agent",
          "x-prometheus-remote-write-version",
          RequestContents.HEADER);

  static {
    SECTION.include(DeliverySettings.SECTION).include(OtlpSeriesSettings.SECTION);
  }

  static final Type<GraphSettings> TYPE = SECTION.type(GraphSettings::read);

  private static SeriesEdits edits(YamlObject o) {
    String namespace = o.get(NAMESPACE);
    if (!namespace.isEmpty() && !LabelNames.isLegacyMetricName(namespace)) {
      throw o.error(NAMESPACE, "\"" + namespace + "\" is not a valid prefix of a name");
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

  private static List<String> metadataKeys(YamlObject o) {
    List<String> keys = o.get(METADATA_KEYS);
    for (String k : keys) {
      if (RESERVED.contains(k.toLowerCase(Locale.ROOT))) {
        throw o.error(METADATA_KEYS, "\"" + k + "\" is a header of remote write itself");
      }
    }
    return keys;
  }

  private static DeliverySettings delivery(YamlObject o) {
    DeliverySettings d = DeliverySettings.read(o, Duration.ofSeconds(5));
    YamlObject old = o.find(REMOTE_WRITE_QUEUE);
    if (old != null) {
      if (o.node().entries().containsKey("sending_queue")) {
        throw o.error(
            REMOTE_WRITE_QUEUE, "remote_write_queue and sending_queue are the same; set only one");
      }
      long size = old.get(OLD_QUEUE_SIZE);
      if (size < 1) {
        throw old.error(
            OLD_QUEUE_SIZE, "queue_size must be at least 1: a queue of 0 accepts nothing");
      }
      d =
          d.withQueue(
              old.get(OLD_QUEUE_ENABLED), size, consumers(old, old.get(OLD_QUEUE_CONSUMERS)));
    }
    Long parallel = o.find(PARALLELISM);
    if (parallel != null) {
      d = d.withConsumers(consumers(o, parallel));
    }
    String directory = o.find(WAL_KEY);
    if (directory == null) {
      return d;
    }
    if (d.storage() != null) {
      throw o.error(
          WAL_KEY, "wal and sending_queue.storage configure the same queue twice; set only one");
    }
    YamlNode.Entry queue = o.node().entries().get("sending_queue");
    YamlNode.Entry enabled = queue == null ? null : queue.value().entries().get("enabled");
    if ((old != null && !old.get(OLD_QUEUE_ENABLED))
        || (enabled != null && enabled.value().asString().equals("false"))) {
      throw o.error(WAL_KEY, "wal requires an enabled queue; remove one of them");
    }
    return d.inFolder(Path.of(directory));
  }

  private static String walDirectory(YamlObject o) {
    if (o.get(WAL_DIRECTORY).isEmpty()) {
      throw o.error(WAL_DIRECTORY, "directory is empty; set the directory of the queue");
    }
    if (o.get(WAL_BUFFER) < 1) {
      throw o.error(WAL_BUFFER, "buffer_size must be at least 1");
    }
    o.get(WAL_TRUNCATE);
    o.get(WAL_LAG);
    return o.get(WAL_DIRECTORY);
  }

  private static int consumers(YamlObject o, long n) {
    if (n < 1 || n > DeliverySettings.MAX_CONSUMERS) {
      throw o.error(
          "the number of concurrent requests is "
              + n
              + "; it must be from 1 to "
              + DeliverySettings.MAX_CONSUMERS);
    }
    return (int) n;
  }

  private static GraphSettings read(YamlObject o) {
    HttpClientSettings nested = o.find(HTTP_KEY);
    HttpClientSettings client = nested == null ? CLIENT.read(o) : nested;
    if (nested != null && CLIENT.read(o).endpoint() != null) {
      throw o.error(HTTP_KEY, "http and endpoint configure two clients: set only one");
    }
    if (client.endpoint() == null) {
      throw o.error("endpoint is missing: the URL that requests are posted to");
    }
    for (Key<CloudAuth> k : CLOUDS) {
      CloudAuth cloud = o.find(k);
      if (cloud != null && client.auth() != null) {
        throw o.error(k, "only one of sigv4, azuread, google_iam and auth is allowed");
      }
      client = cloud == null ? client : client.with(cloud, o);
    }
    long each = o.get(SAMPLES_EACH);
    if (each < 1 || each > 1_000_000) {
      throw o.error(SAMPLES_EACH, "max_samples_per_send must be 1 to 1000000");
    }
    long bytes = o.get(BATCH_BYTES);
    if (bytes < 1 || bytes > Integer.MAX_VALUE) {
      throw o.error(BATCH_BYTES, "max_batch_size_bytes must be 1 to " + Integer.MAX_VALUE);
    }
    DeliverySettings delivery = delivery(o);
    Map<String, String> headers = new LinkedHashMap<>();
    for (Map.Entry<String, Secret> h : client.headers().entrySet()) {
      headers.put(h.getKey(), h.getValue().value());
    }
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
            QueueConfig.OF_A_GRAPH,
            MetadataConfig.DEFAULT),
        OtlpSeriesSettings.read(o, o.get(PROTOBUF_MESSAGE)),
        (int) each,
        (int) bytes,
        o.get(SEND_METADATA),
        edits(o),
        metadataKeys(o),
        client.auth(),
        delivery);
  }
}
