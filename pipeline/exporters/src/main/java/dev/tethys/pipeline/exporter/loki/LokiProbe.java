package dev.tethys.pipeline.exporter.loki;

import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.Redaction;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Tries a Loki: a line of the stream {@code {job="tethys_probe"}} is pushed and queried. */
final class LokiProbe implements ExporterProbe {
  private static final String PUSH = "/loki/api/v1/push";
  private static final Labels STREAM = Labels.of("job", ItemProbe.NAME);
  private static final int MAX_ATTEMPTS = 10;
  private static final long BETWEEN = 200;
  private static final long SECOND = 1_000_000_000;

  private final LokiExporterSettings settings;
  private final HttpEndpoint endpoint;
  private boolean readable;

  LokiProbe(LokiExporterSettings settings, HttpEndpoint endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
  }

  private HttpEndpoint.Reply call(String method, URI url, Map<String, String> more, byte[] body)
      throws IOException, InterruptedException {
    Map<String, String> headers = new HashMap<>(more);
    if (!settings.tenant().isEmpty()) {
      headers.put(LokiSender.TENANT, settings.tenant());
    }
    return endpoint.call(method, url, headers, body.length == 0 ? null : body);
  }

  private HttpEndpoint.Reply get(String other) throws IOException, InterruptedException {
    return call("GET", settings.url().resolve(other), Map.of(), new byte[0]);
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    if (!String.valueOf(settings.url().getPath()).endsWith(PUSH)) {
      return Redaction.url(settings.url())
          + " is not a path of Loki's API, so nothing can be read back";
    }
    HttpEndpoint.Reply r = get("labels");
    readable = r.isOk();
    if (readable) {
      return "Loki answers queries";
    }
    if (r.status() != 404 && r.status() != 405) {
      throw new IOException(Redaction.url(settings.url().resolve("labels")) + ": " + r.reason());
    }
    return Redaction.url(settings.url()) + " does not answer queries; it may still accept lines";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    String line = "tethys_probe " + GoFloat.g(value);
    PushWriter w = new PushWriter();
    w.add(STREAM.toString(), seconds * SECOND, line, Labels.EMPTY);
    byte[] b = w.toByteArray();
    HttpEndpoint.Reply r =
        call(
            "POST",
            settings.url(),
            Map.of("content-type", LokiSender.PROTOBUF),
            SnappyBlock.encode(b, 0, b.length));
    if (!r.isOk()) {
      throw new IOException(Redaction.url(settings.url()) + ": " + r.reason());
    }
    String wrote = "wrote the line \"" + line + "\" to the stream " + STREAM;
    if (!readable) {
      return wrote + "; it cannot be read back here";
    }
    String query =
        "query_range?limit=1&start="
            + (seconds - 1) * SECOND
            + "&end="
            + (seconds + 1) * SECOND
            + "&query="
            + URLEncoder.encode(STREAM.toString(), StandardCharsets.UTF_8);
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
      r = get(query);
      if (r.isOk() && r.text().contains(line)) {
        return wrote + " and read it back";
      }
      Thread.sleep(BETWEEN);
    }
    throw new IOException(wrote + ", but a query for it failed: " + r.reason());
  }
}
