package dev.tethys.api.traces;

import dev.tethys.model.guard.QueryThreads;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.web.Routes;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * APIs of traces for readers: Tempo's below {@code /tempo}, Jaeger's below {@code /jaeger},
 * Zipkin's below {@code /zipkin}. Answers 503 until the store is open.
 */
public final class TracesApi {
  private final TraceRequests requests;
  private final LongSupplier now;
  private final MetricQueries metrics;

  /**
   * @param opened queries of the store, null until it is open
   * @param threads threads that run the queries
   * @param now Unix nanoseconds
   * @param metrics queries over span metrics
   */
  public TracesApi(
      Supplier<@Nullable TraceQueries> opened,
      TracesSettings settings,
      QueryThreads threads,
      LongSupplier now,
      MetricQueries metrics) {
    this.requests = new TraceRequests(opened, settings, threads);
    this.now = now;
    this.metrics = metrics;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    TempoQueries queries = new TempoQueries(requests, now);
    new TempoApi(requests, queries).addTo(routes, "/tempo");
    new TempoGrpc(queries).addTo(routes);
    new JaegerApi(requests, now).addTo(routes);
    new JaegerMetrics(metrics, now).addTo(routes);
    new JaegerV3(requests, now).addTo(routes);
    new ZipkinApi(requests, now).addTo(routes);
  }
}
