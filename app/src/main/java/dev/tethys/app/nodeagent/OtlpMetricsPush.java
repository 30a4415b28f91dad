package dev.tethys.app.nodeagent;

import dev.tethys.collect.observe.export.ObservedMetrics;
import dev.tethys.model.guard.SupervisedLoop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Sends the agent's metrics by OTLP at intervals. */
final class OtlpMetricsPush implements AutoCloseable {
  private final ObservedMetrics metrics;
  private final TelemetryPush to;
  private final Duration interval;
  private final CountDownLatch end = new CountDownLatch(1);

  /**
   * Starts to send, beginning with metrics.
   *
   * @param to receives the requests
   */
  OtlpMetricsPush(ObservedMetrics metrics, TelemetryPush to, Duration interval) {
    this.metrics = metrics;
    this.to = to;
    this.interval = interval;
    Thread.ofVirtual().name("otlp-metrics").start(SupervisedLoop.of("otlp_metrics", this::run));
  }

  private void run() {
    try {
      do {
        to.metrics(metrics.gather());
      } while (!end.await(interval.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end.countDown();
  }
}
