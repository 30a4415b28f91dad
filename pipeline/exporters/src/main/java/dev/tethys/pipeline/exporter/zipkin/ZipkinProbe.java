package dev.tethys.pipeline.exporter.zipkin;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinWriter;
import dev.tethys.config.Redaction;
import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.rows.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Probes Zipkin: writes a span of the service {@code tethys_probe} and reads its trace back. A
 * server that only accepts spans (without {@code /health}) is not read.
 */
final class ZipkinProbe implements ExporterProbe {
  /** Zipkin acknowledges before it stores. */
  private static final int MAX_ATTEMPTS = 40;

  private static final Duration BETWEEN = Duration.ofMillis(100);

  private final ZipkinSettings settings;
  private final HttpEndpoint endpoint;
  private boolean readable;

  ZipkinProbe(ZipkinSettings settings, HttpEndpoint endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("GET", settings.url().resolve("/health"), Map.of(), null);
    readable = r.isOk() && r.text().contains("\"zipkin\"");
    if (readable) {
      return "Zipkin reports that it is healthy";
    }
    if (r.status() == 401 || r.status() == 403 || r.status() / 100 == 5) {
      throw new IOException("/health: " + r.reason());
    }
    return "the server is not the Zipkin project's own; it may still accept spans";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    Span span = new Span();
    span.setTraceId(0, id);
    span.setSpanId(id);
    span.setName("tethys_probe");
    span.setStartTimeUnixNano(seconds * 1_000_000_000);
    span.setEndTimeUnixNano(seconds * 1_000_000_000 + 1000);
    String shown = GoFloat.g(value);
    span.attributes().put("value", shown);
    ZipkinWriter w = new ZipkinWriter("tethys_probe", AttributeText::text);
    TextBuffer out = new TextBuffer();
    boolean json = settings.format() == ZipkinSettings.Format.JSON;
    String problem =
        json
            ? w.json(new Attributes(), new Scope(), span, out)
            : w.protobuf(new Attributes(), new Scope(), span, out);
    if (problem != null) {
      throw new AssertionError(problem);
    }
    HttpEndpoint.Reply r =
        endpoint.call(
            "POST",
            settings.url(),
            Map.of("content-type", json ? "application/json" : "application/x-protobuf"),
            json ? Frame.JsonList.PLAIN.wrap(out.take()) : out.take());
    if (!r.isOk()) {
      throw new IOException(Redaction.url(settings.url()) + ": " + r.reason());
    }
    String wrote = "wrote the span tethys_probe with value=" + shown;
    if (!readable) {
      return wrote + "; it cannot be read back here";
    }
    String path = String.format("/api/v2/trace/%016x", id);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      r = endpoint.call("GET", settings.url().resolve(path), Map.of(), null);
      if (r.isOk() && r.text().contains("\"value\":\"" + shown + "\"")) {
        return wrote + " and read it back";
      }
      Thread.sleep(BETWEEN);
    }
    throw new IOException(wrote + ", but " + path + " says " + r.reason());
  }
}
