package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Services with spans out of span metrics, {@code traces_spanmetrics_*}. */
final class SpanServices {
  private static final int TOP_OPERATIONS = 3;
  private static final String CALLS = "traces_spanmetrics_calls_total";
  private static final String BUCKETS = "traces_spanmetrics_latency_bucket";

  /**
   * Selector for spans that serve a request or consume a message, that is, the service's own work.
   */
  private static final String ENTRY = "span_kind=~\"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER\"";

  private static final String FAILED = ENTRY + ",status_code=\"STATUS_CODE_ERROR\"";

  private SpanServices() {}

  private static String sum(String labels, String counter, Window w) {
    return "sum by (" + labels + ") (" + w.rate(counter) + ")";
  }

  /** Builds the query for requests served by services, or for the failed requests. */
  static String requests(Window w, boolean failed) {
    return sum("service", CALLS + "{" + (failed ? FAILED : ENTRY) + "}", w);
  }

  /** Builds the query for durations of requests served by services. */
  static String buckets(Window w) {
    return sum("service, le", BUCKETS + "{" + ENTRY + "}", w);
  }

  /** Returns figures by service name. */
  static Map<String, ServiceFigures> find(MetricAnswers answers, Window w) {
    Map<String, ServiceFigures> out = new LinkedHashMap<>();
    for (Sample s : w.ask(answers, sum("service", CALLS, w))) {
      if (!s.label("service").isEmpty()) {
        out.put(s.label("service"), new ServiceFigures());
      }
    }
    if (out.isEmpty()) {
      return out;
    }
    each(
        out,
        w.ask(answers, requests(w, false)),
        (f, s) -> {
          f.entry = true;
          f.rate = s.value();
        });
    each(out, w.ask(answers, requests(w, true)), (f, s) -> f.failed = s.value());
    String buckets = buckets(w);
    for (int i = 0; i < CallGraph.QUANTILES.length; i++) {
      int quantile = i;
      String q = "histogram_quantile(" + CallGraph.QUANTILES[i] + ", " + buckets + ")";
      each(out, w.ask(answers, q), (f, s) -> f.latency(quantile, s));
    }
    String operations = sum("service, span_name", CALLS + "{" + ENTRY + "}", w);
    String top = "topk by (service) (" + TOP_OPERATIONS + ", " + operations + ")";
    each(
        out,
        w.ask(answers, top),
        (f, s) -> {
          if (s.value() > 0) {
            f.operation(s.label("span_name"), s.value());
          }
        });
    return out;
  }

  /** Visits samples of known services that have a value. */
  private static void each(
      Map<String, ServiceFigures> known,
      List<Sample> all,
      BiConsumer<ServiceFigures, Sample> visitor) {
    for (Sample s : all) {
      ServiceFigures f = known.get(s.label("service"));
      if (f != null && Double.isFinite(s.value())) {
        visitor.accept(f, s);
      }
    }
  }
}
