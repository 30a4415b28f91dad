package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.SampleProbe;
import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Tries a receiver of remote write: a request of nothing, then a look for the sample where the
 * vendors of its path answer queries.
 */
final class RemoteWriteTrial {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ANSWER = 1 << 20;
  private static final int MAX_REASON = 300;
  private static final int LOOKS = 10;
  private static final long BETWEEN = 200;

  /** The end of a path that is written to, and what stands there for queries. */
  private static final List<List<String>> QUERIES =
      List.of(
          List.of("/api/v1/write", "/api/v1/query"), // Prometheus, VictoriaMetrics, Tethys
          List.of("/api/v1/push", "/prometheus/api/v1/query")); // Cortex, Mimir

  private final RemoteWriteConfig config;
  private final @Nullable ClientAuth auth;
  private final HttpClientFactory clients;
  private @Nullable WebClient client;

  RemoteWriteTrial(RemoteWriteConfig config, @Nullable ClientAuth auth, HttpClientFactory clients) {
    this.config = config;
    this.auth = auth;
    this.clients = clients;
  }

  private record Reply(int status, String text) {}

  private Reply call(String method, URI url, Map<String, String> headers, byte @Nullable [] body)
      throws IOException, InterruptedException {
    if (client == null) {
      client = clients.client(config.client());
    }
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(config.headers());
    if (auth != null) {
      all.putAll(auth.headers());
    }
    all.putAll(headers);
    try (Answer a =
            client.send(new Call(method, url, Map.copyOf(all), body, config.timeout(), null));
        InputStream in = a.decoded(MAX_ANSWER)) {
      return new Reply(a.status(), new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8));
    }
  }

  private static String reason(Reply r) {
    String t = r.text.strip().replaceAll("\\s+", " ");
    return "HTTP status "
        + r.status
        + (t.isEmpty() ? "" : ": " + t.substring(0, Math.min(MAX_REASON, t.length())));
  }

  String connect() throws IOException, InterruptedException {
    byte[] nothing = SnappyBlock.encode(new byte[0], 0, 0);
    Reply r =
        call(
            "POST",
            config.url(),
            Map.of(
                "Content-Encoding", "snappy",
                "Content-Type", config.message().contentType(),
                "X-Prometheus-Remote-Write-Version", config.message().version()),
            nothing);
    // Some find a request of nothing wrong, but they understand it.
    if (r.status / 100 != 2 && r.status != 400) {
      throw new IOException(config.shownUrl() + ": " + reason(r));
    }
    return config.shownUrl() + " takes remote write";
  }

  /** Where the sample went, and whether queries find it there. */
  String look(SeriesEdits edits, long seconds, double value)
      throws IOException, InterruptedException {
    String where = config.shownUrl();
    String path = String.valueOf(config.url().getRawPath());
    for (List<String> q : QUERIES) {
      if (!path.endsWith(q.getFirst())) {
        continue;
      }
      String root = path.substring(0, path.length() - q.getFirst().length());
      String metric = edits.prefixed(SampleProbe.METRIC);
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
      return where + look(at, value);
    }
    return where + "; nobody knows where it answers queries";
  }

  private String look(URI at, double value) throws IOException, InterruptedException {
    Reply r = new Reply(0, "");
    for (int i = 0; i < LOOKS; i++) {
      r = call("GET", at, Map.of(), null);
      if (r.status == 404 || r.status == 405) {
        return "; it answers no queries";
      }
      if (r.status / 100 == 2) {
        double found = value(r);
        if (found == value) {
          return " and read it back";
        }
        if (!Double.isNaN(found)) {
          throw new IOException("queries find " + found + ", not " + value);
        }
      }
      Thread.sleep(BETWEEN);
    }
    return r.status / 100 == 2
        ? "; queries do not show it yet"
        : "; asked for it, it says " + reason(r);
  }

  private static double value(Reply r) throws IOException {
    try {
      JsonNode v = JSON.readTree(r.text).at("/data/result/0/value/1");
      return v.isString() ? Double.parseDouble(v.asString()) : Double.NaN;
    } catch (JacksonException | NumberFormatException e) {
      throw new IOException("its answer to a query is no answer of Prometheus's: " + r.text, e);
    }
  }
}
