package dev.tethys.contrib.clusteragent;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Receiver of logs by OTLP over HTTP. */
final class OtlpDestination implements LogDestination, AutoCloseable {
  private static final int MAX_ANSWER = 64 << 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final URI url;
  private final Map<String, String> headers;
  private final HttpClientFactory clients;
  private final WebClient client;

  /**
   * @param url of the receiver of logs
   * @param apiKey header X-Api-Key, empty if none
   * @throws IOException if a file of the settings cannot be read
   */
  OtlpDestination(
      URI url, String apiKey, boolean insecureSkipVerify, String caFile, String userAgent)
      throws IOException {
    this.url = url;
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Content-Type", "application/x-protobuf");
    all.put("Content-Encoding", "gzip");
    if (!apiKey.isEmpty()) {
      all.put("X-Api-Key", apiKey);
    }
    this.headers = Map.copyOf(all);
    this.clients = new HttpClientFactory(userAgent);
    this.client = clients.client(ClusterAgentFlags.client(caFile, insecureSkipVerify));
  }

  @Override
  public String send(LogsData logs) throws IOException, InterruptedException {
    byte[] body = new OtlpWriter().write(logs);
    body = Compression.GZIP.compress(body, 0, body.length, Compression.DEFAULT_LEVEL);
    try (ClientResponse a =
        client.send(new ClientRequest("POST", url, headers, body, TIMEOUT, null))) {
      a.body().readNBytes(MAX_ANSWER);
      if (a.status() / 100 == 2) {
        return "";
      }
      String problem = "HTTP status " + a.status();
      if (a.status() == 429 || a.status() >= 500) {
        throw new IOException(problem);
      }
      return problem;
    }
  }

  @Override
  public String toString() {
    return String.valueOf(url.getHost());
  }

  @Override
  public void close() {
    clients.close();
  }
}
