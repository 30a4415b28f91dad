package dev.tethys.collect.observe.protocol;

/** Protocol whose requests are counted and timed, with the names of its metrics. */
public interface MeasuredProtocol {
  /** Name used in metrics, such as {@code postgres}. */
  String family();

  /** Counted unit: {@code requests}, {@code queries} or {@code messages}. */
  String unit();

  /** True if messages are counted without a response, so that no latency exists. */
  boolean oneWay();

  /**
   * Name of the counter of requests, like {@code container_http_requests_total}.
   *
   * @param inbound whether the process serves the requests
   */
  default String countMetric(boolean inbound) {
    return stem(inbound) + unit() + "_total";
  }

  /**
   * Name of the histogram of latencies, like {@code
   * container_http_requests_duration_seconds_total}.
   */
  default String durationMetric(boolean inbound) {
    return stem(inbound) + unit() + "_duration_seconds_total";
  }

  private String stem(boolean inbound) {
    return "container_" + family() + (inbound ? "_inbound_" : "_");
  }
}
