package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Probes a remote write receiver with an empty request, and then queries the sample at vendors
 * whose paths support queries.
 */
final class RemoteWriteProbe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ATTEMPTS = 10;
  private static final long BETWEEN = 200;

  /** The end of a path that is written to, and its counterpart for queries. */
  private static final List<List<String>> QUERIES =
      List.of(
          List.of("/api/v1/write", "/api/v1/query"), // Prometheus, VictoriaMetrics, Tethys
          List.of("/api/v1/push", "/prometheus/api/v1/query")); // Cortex, Mimir

  private final RemoteWriteConfig config;
  private final HttpEndpoint endpoint;

  RemoteWriteProbe(
      RemoteWriteConfig config,
      @Nullable ClientAuth auth,
      HttpClientFactory clients,
      LongSupplier millis) {
    this.config = config;
    this.endpoint =
        new HttpEndpoint(
            config.client(), auth, config.headers(), config.timeout(), clients, millis);
  }

  String connect() throws IOException, InterruptedException {
    byte[] nothing = SnappyBlock.encode(new byte[0], 0, 0);
    HttpEndpoint.Reply r =
        endpoint.call(
            "POST",
            config.url(),
            Map.of(
                "Content-Encoding", "snappy",
                "Content-Type", config.message().contentType(),
                "X-Prometheus-Remote-Write-Version", config.message().version()),
            nothing);
    // Some reject an empty request but understand it.
    if (!r.isOk() && r.status() != 400) {
      throw new IOException(config.shownUrl() + ": " + r.reason());
    }
    return config.shownUrl() + " takes remote write";
  }

  /** Writes the sample and reports whether queries find it. */
  String findSample(SeriesEdits edits, long seconds, double value)
      throws IOException, InterruptedException {
    String where = config.shownUrl();
    String path = String.valueOf(config.url().getRawPath());
    for (List<String> q : QUERIES) {
      if (!path.endsWith(q.getFirst())) {
        continue;
      }
      String root = path.substring(0, path.length() - q.getFirst().length());
      String metric = edits.prefixed(ItemProbe.NAME);
      String query = "last_over_time({__name__=\"" + metric + "\",job=\"tethys\"}[1m])";
      URI at =
          config
              .url()
              .resolve(
                  root
                      + q.getLast()
                      + "?time="
                      + (seconds + 1)
                      + "&query="
                      + URLEncoder.encode(query, StandardCharsets.UTF_8));
      return where + findSample(at, value);
    }
    return where + "; its query URL is unknown";
  }

  private String findSample(URI at, double value) throws IOException, InterruptedException {
    for (int i = 1; true; i++) {
      HttpEndpoint.Reply r = endpoint.call("GET", at, Map.of(), null);
      if (r.status() == 404 || r.status() == 405) {
        return "; it answers no queries";
      }
      if (r.isOk()) {
        double found = value(r);
        if (found == value) {
          return " and read it back";
        }
        if (!Double.isNaN(found)) {
          throw new IOException("queries find " + found + ", not " + value);
        }
      }
      if (i == MAX_ATTEMPTS) {
        return r.isOk() ? "; queries do not show it yet" : "; the query failed: " + r.reason();
      }
      Thread.sleep(BETWEEN);
    }
  }

  private static double value(HttpEndpoint.Reply r) throws IOException {
    try {
      JsonNode v = JSON.readTree(r.text()).at("/data/result/0/value/1");
      return v.isString() ? Double.parseDouble(v.asString()) : Double.NaN;
    } catch (JacksonException | NumberFormatException e) {
      throw new IOException("the response to a query is not a Prometheus response: " + r.text(), e);
    }
  }
}
