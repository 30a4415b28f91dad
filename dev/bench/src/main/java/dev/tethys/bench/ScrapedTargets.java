package dev.tethys.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Many targets at one port, each at a separate path: a third of the series of each is constant, a
 * third counts up, a third are readings with three decimals.
 */
final class ScrapedTargets implements AutoCloseable {
  private final HttpServer http;
  private final int series;
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLongArray scrapes;

  ScrapedTargets(int targets, int series) throws IOException {
    this.series = series;
    this.scrapes = new AtomicLongArray(targets);
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext(
        "/",
        exchange -> {
          int target = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
          byte[] body = page(target, scrapes.getAndIncrement(target));
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
          answered.incrementAndGet();
        });
    http.start();
  }

  private byte[] page(int target, long scrape) {
    StringBuilder sb = new StringBuilder(series * 80);
    sb.append("# TYPE soak_requests_total counter\n");
    for (int s = 0; s < series; s++) {
      sb.append("soak_requests_total{handler=\"/api/v1/things/")
          .append(s)
          .append("\",method=\"GET\",code=\"200\"} ");
      switch (s % 3) {
        case 0 -> sb.append(s);
        case 1 -> sb.append(target * 1000L + scrape * (s % 97 + 1) + (scrape * s >> 3 & 7));
        default -> {
          long reading = Math.floorMod((scrape + s) * 2_654_435_761L + target, 100_000L);
          sb.append(s).append('.').append(Long.toString(1000 + reading / 100).substring(1));
        }
      }
      sb.append('\n');
    }
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the number of successful scrapes across all targets. */
  long answered() {
    return answered.get();
  }

  /** Returns the lowest number of successful scrapes of any target. */
  long fewest() {
    long least = Long.MAX_VALUE;
    for (int t = 0; t < scrapes.length(); t++) {
      least = Math.min(least, scrapes.get(t));
    }
    return least;
  }

  /** Returns the scrape configurations of a prometheus.yml: one job with all targets. */
  String scrapeConfigs() {
    StringBuilder sb = new StringBuilder("scrape_configs:\n- job_name: many\n  static_configs:\n");
    int port = http.getAddress().getPort();
    for (int t = 0; t < scrapes.length(); t++) {
      sb.append("  - {targets: ['127.0.0.1:")
          .append(port)
          .append("'], labels: {__metrics_path__: /")
          .append(t)
          .append(", instance: t")
          .append(t)
          .append("}}\n");
    }
    return sb.toString();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
