package dev.tethys.pipeline.exporter.zipkin;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Settings of the {@code zipkin} exporter, named as in the Collector.
 *
 * @param url URL including its path
 * @param defaultService service of spans without {@code service.name}
 * @param maxBytes maximum request size before compression
 */
record ZipkinSettings(
    HttpClientSettings client,
    URI url,
    Format format,
    String defaultService,
    int maxSpans,
    int maxBytes,
    DeliverySettings delivery) {
  /** Request encoding. */
  enum Format {
    JSON,
    PROTO
  }

  private static final Section SECTION =
      new Section("zipkin", "Writes traces to Zipkin.").include(DeliverySettings.SECTION);
  private static final HttpClientSettings.Keys CLIENT = new HttpClientSettings.Keys(SECTION);
  private static final Key<Format> FORMAT;

  static {
    SequencedMap<String, Format> words = new LinkedHashMap<>();
    for (Format f : Format.values()) {
      words.put(f.name().toLowerCase(java.util.Locale.ROOT), f);
    }
    FORMAT =
        SECTION.key(
            "format",
            Type.oneOf("format", words),
            Format.JSON,
            "Encoding of requests: json or proto.");
  }

  private static final Key<String> DEFAULT_SERVICE =
      SECTION.key(
          "default_service_name",
          Type.STRING,
          "<missing service name>",
          "Service name of spans whose resource has none.");
  private static final Key<Long> MAX_SPANS =
      SECTION.key("max_spans_per_send", Type.INT, 1000L, "Maximum number of spans in a request.");
  private static final Key<Long> MAX_BYTES =
      SECTION.key(
          "max_request_bytes",
          Type.INT,
          5L << 20,
          "Size of a request, before compression, at which it is sent, in bytes.");

  static final Type<ZipkinSettings> TYPE = SECTION.type(ZipkinSettings::read);

  private static ZipkinSettings read(YamlObject o) {
    HttpClientSettings client = CLIENT.read(o);
    URI at = client.endpoint();
    if (at == null) {
      throw o.error(
          "\"endpoint\" must be the URL of Zipkin, such as http://host:9411/api/v2/spans");
    }
    boolean bare = at.getPath() == null || at.getPath().isEmpty() || at.getPath().equals("/");
    return new ZipkinSettings(
        client,
        bare ? at.resolve("/api/v2/spans") : at,
        o.get(FORMAT),
        o.get(DEFAULT_SERVICE),
        within(o, MAX_SPANS, 1_000_000),
        within(o, MAX_BYTES, 256 << 20),
        DeliverySettings.read(o, Duration.ofSeconds(5)));
  }

  private static int within(YamlObject o, Key<Long> key, int most) {
    long v = o.get(key);
    if (v < 1 || v > most) {
      throw o.error(key, key.name() + " must be 1 to " + most);
    }
    return (int) v;
  }
}
