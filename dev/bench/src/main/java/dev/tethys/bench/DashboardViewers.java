package dev.tethys.bench;

import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Simulated viewers of one dashboard. Each refreshes all panels at a separate time, six requests in
 * parallel as browsers do, with start and end on multiples of the step as Grafana does.
 */
final class DashboardViewers implements AutoCloseable {
  /** Queries of a dashboard of machines. */
  static final List<String> PANELS =
      List.of(
          "avg(node_load1{job=\"node\"})",
          "topk(5, node_load5{job=\"node\"})",
          "sum(rate(node_cpu_seconds_total{job=\"node\",mode!=\"idle\"}[5m]))",
          "sum by (mode) (rate(node_cpu_seconds_total{job=\"node\"}[1m]))",
          "1 - avg by (instance) (rate(node_cpu_seconds_total{job=\"node\",mode=\"idle\"}[5m]))",
          "rate(node_cpu_seconds_total{job=\"node\",instance=\"host-00003:9100\"}[5m])",
          "sum(node_memory_MemTotal_bytes{job=\"node\"})",
          "node_memory_MemAvailable_bytes{job=\"node\"} / node_memory_MemTotal_bytes{job=\"node\"}",
          "sum(node_memory_Active_bytes{job=\"node\"})",
          "max_over_time(node_load1{job=\"node\"}[10m])",
          "sum by (device) (rate(node_disk_read_bytes_total{job=\"node\"}[5m]))",
          "sum by (device) (rate(node_disk_written_bytes_total{job=\"node\"}[5m]))",
          "rate(node_disk_io_time_seconds_total{job=\"node\"}[5m])",
          "sum by (instance) (rate(node_network_receive_bytes_total{job=\"node\"}[5m]))",
          "sum by (instance) (rate(node_network_transmit_bytes_total{job=\"node\"}[5m]))",
          "topk(10, rate(node_network_receive_bytes_total{job=\"node\"}[5m]))",
          "sum(increase(node_network_receive_errs_total{job=\"node\"}[15m]))",
          "1 - node_filesystem_avail_bytes{job=\"node\"} /"
              + " node_filesystem_size_bytes{job=\"node\"}",
          "predict_linear(node_filesystem_avail_bytes{job=\"node\"}[30m], 4 * 3600)",
          "sum by (instance) (node_filesystem_size_bytes{job=\"node\"})",
          "rate(node_context_switches_total{job=\"node\"}[5m])",
          "rate(node_intr_total{job=\"node\"}[5m])",
          "quantile(0.9, rate(node_context_switches_total{job=\"node\"}[5m]))",
          "avg_over_time(node_memory_MemFree_bytes{job=\"node\"}[10m])",
          "count(node_uname_info{job=\"node\"})",
          "changes(node_boot_time_seconds{job=\"node\"}[1h])",
          "node_memory_Active_bytes{job=\"node\"} * on (instance) group_left (nodename)"
              + " node_uname_info{job=\"node\"}",
          "sum by (instance) (rate(node_softnet_processed_total{job=\"node\"}[5m]))",
          "max by (instance) (node_procs_running{job=\"node\"})",
          "count(node_load1{job=\"node\"} > 1) or vector(0)");

  private static final int REQUESTS_AT_ONCE = 6;

  private final ServerUnderTest server;
  private final int viewers;
  private final Duration refresh;
  private final long range;
  private final long step;
  private final ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor();
  private final Times panels = new Times();
  private final Times refreshes = new Times();
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile boolean counting;
  private volatile boolean stopped;

  /** Durations in milliseconds. */
  static final class Times {
    private double[] all = new double[1024];
    private int size;

    synchronized void add(double millis) {
      if (size == all.length) {
        all = Arrays.copyOf(all, size * 2);
      }
      all[size++] = millis;
    }

    synchronized int size() {
      return size;
    }

    /** Returns the quantile of the durations. */
    synchronized double at(double part) {
      return Quantiles.of(Arrays.copyOf(all, size), part);
    }
  }

  /**
   * Measured times.
   *
   * @param late refreshes that took longer than the time until the next
   * @param failed requests without a successful response
   */
  record Results(Times panels, Times refreshes, long late, long failed) {}

  /**
   * @param range milliseconds that panels show
   * @param step milliseconds between their points
   */
  DashboardViewers(ServerUnderTest server, int viewers, Duration refresh, long range, long step) {
    this.server = server;
    this.viewers = viewers;
    this.refresh = refresh;
    this.range = range;
    this.step = step;
  }

  void start() {
    Random r = new Random(1);
    for (int v = 0; v < viewers; v++) {
      long offset = (long) (r.nextDouble() * refresh.toNanos());
      pool.execute(() -> view(offset));
    }
  }

  private void view(long offset) {
    try {
      TimeUnit.NANOSECONDS.sleep(offset);
      Semaphore connections = new Semaphore(REQUESTS_AT_ONCE);
      long due = System.nanoTime();
      while (!stopped) {
        boolean counts = counting;
        long end = System.currentTimeMillis() / step * step;
        List<Future<?>> all =
            PANELS.stream()
                .<Future<?>>map(p -> pool.submit(() -> panel(p, end, connections)))
                .toList();
        for (Future<?> f : all) {
          f.get();
        }
        long now = System.nanoTime();
        if (counts && counting) {
          refreshes.add((now - due) / 1e6);
          late.addAndGet(now - due > refresh.toNanos() ? 1 : 0);
        }
        due = Math.max(now, due + refresh.toNanos());
        TimeUnit.NANOSECONDS.sleep(due - now);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      failed.incrementAndGet();
      System.err.println("a viewer went away: " + e.getCause());
    }
  }

  private void panel(String query, long end, Semaphore connections) {
    String path =
        "/api/v1/query_range?query="
            + URLEncoder.encode(query, StandardCharsets.UTF_8)
            + "&start="
            + (end - range) / 1000
            + "&end="
            + end / 1000
            + "&step="
            + step / 1000;
    try {
      connections.acquire();
      try {
        long begin = System.nanoTime();
        HttpResponse<byte[]> r =
            server.send(server.request(path), HttpResponse.BodyHandlers.ofByteArray());
        if (counting) {
          panels.add((System.nanoTime() - begin) / 1e6);
        }
        if (r.statusCode() != 200) {
          fail(query + ": " + r.statusCode() + " " + new String(r.body(), StandardCharsets.UTF_8));
        }
      } finally {
        connections.release();
      }
    } catch (IOException e) {
      fail(query + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void fail(String reason) {
    if (!stopped && failed.getAndIncrement() == 0) {
      System.err.println("a panel failed: " + reason);
    }
  }

  /** Starts counting durations. */
  void count() {
    counting = true;
  }

  Results figures() {
    return new Results(panels, refreshes, late.get(), failed.get());
  }

  @Override
  public void close() {
    counting = false;
    stopped = true;
    pool.shutdownNow();
    pool.close();
  }
}
