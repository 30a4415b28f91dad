package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpClientSettings;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keys of the Collector's exporter with the same meaning (its config.go).
 *
 * @param logs whether log records are sent; likewise {@code profiles} for profiles of Splunk's
 *     profiler
 * @param headers headers that identify the program
 * @param maxBytes maximum request size before compression, for the signals that set it
 * @param maxEvent maximum size of an event
 * @param source attribute with an event's source; likewise {@code sourceType}, {@code index} and
 *     {@code host}
 * @param severityText field for a record's severity; likewise {@code severityNumber}
 * @param healthPath path of the collector's health check; "" for the default
 */
record ContribKeys(
    boolean logs,
    boolean profiles,
    Map<String, String> headers,
    Map<Signal, Integer> maxBytes,
    long maxEvent,
    String source,
    String sourceType,
    String index,
    String host,
    String severityText,
    String severityNumber,
    String healthPath) {
  /** Reason for dropping log records that must not be sent. */
  static final String SWITCHED_OFF = "log_data_disabled";

  /** Attribute in which a receiver passes the client's token. */
  static final String TOKEN = "com.splunk.hec.access_token";

  /** The scope of records that Splunk's profiler sends. */
  private static final String PROFILING = "otel.profiling";

  private static final long MOST = 838_860_800;

  /** Whether log records of a scope are sent. */
  boolean takes(String scope) {
    return scope.equals(PROFILING) ? profiles : logs;
  }

  /** The keys, added to the section of the exporter. */
  static final class Keys {
    private static final Section METADATA =
        new Section("hec_metadata", "Attributes from which metadata of events is taken.");
    private static final Key<String> SOURCE =
        METADATA.key("source", Type.STRING, "com.splunk.source", "Attribute with the source.");
    private static final Key<String> SOURCETYPE =
        METADATA.key(
            "sourcetype", Type.STRING, "com.splunk.sourcetype", "Attribute with the source type.");
    private static final Key<String> INDEX =
        METADATA.key("index", Type.STRING, "com.splunk.index", "Attribute with the index.");
    private static final Key<String> HOST =
        METADATA.key("host", Type.STRING, "host.name", "Attribute with the host.");

    private static final Section FIELDS =
        new Section(
            "otel_to_hec_fields", "Names of event fields for values that are not attributes.");
    private static final Key<String> SEVERITY_TEXT =
        FIELDS.key(
            "severity_text", Type.STRING, "otel.log.severity.text", "Field of the severity text.");
    private static final Key<String> SEVERITY_NUMBER =
        FIELDS.key(
            "severity_number",
            Type.STRING,
            "otel.log.severity.number",
            "Field of the severity number.");

    private record Metadata(String source, String sourceType, String index, String host) {}

    private record Fields(String text, String number) {}

    private static final Type<Metadata> METADATA_TYPE =
        METADATA.type(
            o -> new Metadata(o.get(SOURCE), o.get(SOURCETYPE), o.get(INDEX), o.get(HOST)));
    private static final Metadata USUAL =
        new Metadata("com.splunk.source", "com.splunk.sourcetype", "com.splunk.index", "host.name");

    private final Key<Boolean> uncompressed;
    private final Key<Boolean> logs;
    private final Key<Boolean> profiles;
    private final Key<String> appName;
    private final Key<String> appVersion;
    private final Map<Signal, Key<Long>> lengths = new EnumMap<>(Signal.class);
    private final Key<Long> maxEvent;
    private final Key<Metadata> metadata;
    private final Key<Metadata> olderMetadata;
    private final Key<Fields> fields;
    private final Key<String> health;

    Keys(Section s) {
      uncompressed =
          s.key(
              "disable_compression",
              Type.BOOL,
              false,
              "If true, requests are not compressed, as with compression: none.");
      logs = s.key("log_data_enabled", Type.BOOL, true, "If true, log records are sent.");
      profiles =
          s.key(
              "profiling_data_enabled",
              Type.BOOL,
              true,
              "If true, log records of Splunk's profiler are sent, scope " + PROFILING + ".");
      appName = s.key("splunk_app_name", Type.STRING, "", "Value of the header __splunk_app_name.");
      appVersion =
          s.key("splunk_app_version", Type.STRING, "", "Value of the header __splunk_app_version.");
      for (Signal signal : new Signal[] {Signal.LOGS, Signal.METRICS, Signal.TRACES}) {
        String name = signal.name().toLowerCase(java.util.Locale.ROOT);
        lengths.put(
            signal,
            s.optional(
                "max_content_length_" + name,
                Type.INT,
                "Maximum size of requests with "
                    + name
                    + " in bytes before compression; defaults to max_request_bytes."));
      }
      maxEvent =
          s.key(
              "max_event_size",
              Type.INT,
              5L << 20,
              "Maximum size of an event in bytes; larger events are dropped and counted.");
      metadata = s.key("otel_attrs_to_hec_metadata", METADATA_TYPE, USUAL, METADATA.doc());
      olderMetadata =
          s.key(
              "hec_metadata_to_otel_attrs",
              METADATA_TYPE,
              USUAL,
              "Former name of otel_attrs_to_hec_metadata.");
      fields =
          s.key(
              "otel_to_hec_fields",
              FIELDS.type(o -> new Fields(o.get(SEVERITY_TEXT), o.get(SEVERITY_NUMBER))),
              new Fields("otel.log.severity.text", "otel.log.severity.number"),
              FIELDS.doc());
      health =
          s.key(
              "health_path",
              Type.STRING,
              "",
              "Path of the health check that exporter check requests.");
    }

    /** Returns the client, without compression if that is disabled. */
    HttpClientSettings compressed(YamlObject o, HttpClientSettings c) {
      return o.get(uncompressed)
          ? new HttpClientSettings(
              c.endpoint(), c.client(), Compression.NONE, c.level(), c.headers(), c.auth())
          : c;
    }

    ContribKeys read(YamlObject o) {
      if (!o.get(logs) && !o.get(profiles)) {
        throw o.error(
            logs, "either \"log_data_enabled\" or \"profiling_data_enabled\" has to be true");
      }
      if (o.has(metadata) && o.has(olderMetadata)) {
        throw o.error(
            olderMetadata,
            "otel_attrs_to_hec_metadata and hec_metadata_to_otel_attrs are "
                + "mutually exclusive");
      }
      Map<Signal, Integer> most = new EnumMap<>(Signal.class);
      lengths.forEach(
          (signal, key) -> {
            if (o.has(key)) {
              most.put(signal, (int) size(o, key, o.get(key)));
            }
          });
      Map<String, String> headers = new TreeMap<>();
      if (!o.get(appName).isEmpty()) {
        headers.put("__splunk_app_name", o.get(appName));
      }
      if (!o.get(appVersion).isEmpty()) {
        headers.put("__splunk_app_version", o.get(appVersion));
      }
      Metadata m = o.get(o.has(olderMetadata) ? olderMetadata : metadata);
      Fields f = o.get(fields);
      return new ContribKeys(
          o.get(logs),
          o.get(profiles),
          Map.copyOf(headers),
          Map.copyOf(most),
          size(o, maxEvent, o.get(maxEvent)),
          m.source,
          m.sourceType,
          m.index,
          m.host,
          f.text,
          f.number,
          o.get(health));
    }

    private static long size(YamlObject o, Key<Long> key, long size) {
      if (size < 1 || size > MOST) {
        throw o.error(key, "requires \"" + key.name() + "\" <= " + MOST + ", and at least 1");
      }
      return size;
    }
  }
}
