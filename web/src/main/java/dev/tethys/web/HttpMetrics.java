package dev.tethys.web;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Counts requests by handler, under Prometheus's names: {@code <prefix>_http_requests_total},
 * {@code _http_request_duration_seconds} and {@code _http_response_size_bytes}. The handler label
 * is the pattern of the route, so that clients cannot make series; names in it are written {@code
 * :name}, the rest of a path {@code *name}.
 */
public final class HttpMetrics {
  private static final double[] SECONDS = {.1, .2, .4, 1, 3, 8, 20, 60, 120};
  private static final double[] BYTES = {1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  private static final Pattern REST = Pattern.compile("\\{(\\w+)\\.\\.\\.}");
  private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");

  private final Vector<Counter> requests;
  private final Vector<BucketHistogram> duration;
  private final Vector<BucketHistogram> size;
  private final Map<String, String> handlers = new ConcurrentHashMap<>(); // one a route

  /** Create once per registry and prefix, such as {@code prometheus}. */
  public HttpMetrics(Registry registry, String prefix) {
    requests =
        registry.counters(
            prefix + "_http_requests_total", "Counter of HTTP requests.", "code", "handler");
    duration =
        registry.histograms(
            prefix + "_http_request_duration_seconds",
            "Histogram of latencies for HTTP requests.",
            SECONDS,
            "handler");
    size =
        registry.histograms(
            prefix + "_http_response_size_bytes",
            "Histogram of response size for HTTP requests.",
            BYTES,
            "handler");
  }

  /** Returns a route in Prometheus's form: {@code /label/:name/values}. */
  private static String handler(String pattern) {
    return NAME.matcher(REST.matcher(pattern).replaceAll("*$1")).replaceAll(":$1");
  }

  /** Counts one response; for the listener. */
  public void count(String pattern, int status, double seconds, long bytes) {
    String handler = handlers.computeIfAbsent(pattern, HttpMetrics::handler);
    requests.with(Integer.toString(status), handler).inc();
    duration.with(handler).observe(seconds);
    size.with(handler).observe(bytes);
  }
}
