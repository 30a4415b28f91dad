package dev.tethys.app.server;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Training run for the agent's start-up cache: a diskless agent that scrapes a few targets of this
 * process and sends their samples to it. A server's cache would be twice as large, and all of a
 * cache is resident memory.
 */
public final class AgentWarmUp {
  private static final int TARGETS = 10;
  private static final int SERIES = 400;

  /** Number of remote write requests that are awaited. */
  private static final int REQUESTS = 60;

  private static final long PATIENCE_MILLIS = 30_000;

  private AgentWarmUp() {}

  /** Runs it; the exit code of the process. */
  public static int run() {
    AtomicInteger scrapes = new AtomicInteger();
    AtomicInteger requests = new AtomicInteger();
    Routes routes =
        new Routes()
            .get("/metrics", (q, r) -> r.send(TEXT, page(scrapes.getAndIncrement())))
            .post(
                "/write",
                (q, r) -> {
                  q.bodyBytes(1 << 24);
                  requests.incrementAndGet();
                  r.status(204).send();
                });
    Path config = null;
    try (HttpListener other =
        HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null)) {
      config = Files.createTempFile("tethys-warm-up", ".yml");
      Files.writeString(config, config(other.port()));
      FlagSet flags =
          AgentFlags.set("")
              .parse(
                  List.of(
                      "--config.file=" + config,
                      "--web.listen-address=127.0.0.1:0",
                      "--log.level=error"));
      try (Agent agent = AgentRole.start(flags);
          HttpClientFactory clients = new HttpClientFactory("warm-up")) {
        WebClient client = clients.client(HttpClientConfig.DEFAULT);
        long end = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (requests.get() < REQUESTS && System.currentTimeMillis() < end) {
          for (String path : List.of("/metrics", "/-/ready", "/api/v1/targets")) {
            URI uri = URI.create("http://127.0.0.1:" + agent.port() + path);
            client.send(ClientRequest.get(uri)).close();
          }
          Thread.sleep(100);
        }
      }
      return 0;
    } catch (IOException | InterruptedException e) {
      System.err.println("warm-up agent: " + e);
      return 1;
    } finally {
      if (config != null) {
        config.toFile().delete();
      }
    }
  }

  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private static String config(int port) {
    StringBuilder sb =
        new StringBuilder("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n");
    sb.append("scrape_configs:\n");
    for (int i = 0; i < TARGETS; i++) {
      sb.append("- {job_name: j").append(i).append(", params: {n: ['").append(i);
      sb.append("']}, static_configs: [{targets: ['127.0.0.1:").append(port).append("']}]}\n");
    }
    return sb.append("remote_write:\n- {url: 'http://127.0.0.1:")
        .append(port)
        .append("/write', queue_config: {batch_send_deadline: 500ms}}\n")
        .toString();
  }

  private static byte[] page(int n) {
    StringBuilder sb = new StringBuilder(SERIES * 80);
    for (int f = 0; f < SERIES / 20; f++) {
      sb.append("# HELP warm_requests_").append(f).append("_total Requests.\n");
      sb.append("# TYPE warm_requests_").append(f).append("_total counter\n");
      for (int s = 0; s < 20; s++) {
        sb.append("warm_requests_").append(f).append("_total{code=\"").append(200 + s);
        sb.append("\",path=\"/p/").append(s).append("\"} ").append(n * (s + 1.5)).append('\n');
      }
    }
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }
}
