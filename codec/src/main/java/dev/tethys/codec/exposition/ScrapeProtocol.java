package dev.tethys.codec.exposition;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Formats that a scraper can request, by their names in {@code scrape_protocols}. */
public enum ScrapeProtocol {
  PROMETHEUS_PROTO(
      "PrometheusProto",
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"),
  PROMETHEUS_TEXT_0_0_4("PrometheusText0.0.4", "text/plain;version=0.0.4"),
  PROMETHEUS_TEXT_1_0_0("PrometheusText1.0.0", "text/plain;version=1.0.0"),
  OPEN_METRICS_0_0_1("OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1"),
  OPEN_METRICS_1_0_0("OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0");

  /** Protocols requested by default. */
  public static final List<ScrapeProtocol> DEFAULT =
      List.of(OPEN_METRICS_1_0_0, OPEN_METRICS_0_0_1, PROMETHEUS_TEXT_1_0_0, PROMETHEUS_TEXT_0_0_4);

  /** Variant with protobuf first, for native histograms and start timestamps. */
  public static final List<ScrapeProtocol> DEFAULT_PROTO_FIRST =
      List.of(
          PROMETHEUS_PROTO,
          OPEN_METRICS_1_0_0,
          OPEN_METRICS_0_0_1,
          PROMETHEUS_TEXT_1_0_0,
          PROMETHEUS_TEXT_0_0_4);

  private final String text;
  private final String header;

  ScrapeProtocol(String text, String header) {
    this.text = text;
    this.header = header;
  }

  /** The name in configuration files. */
  public String text() {
    return text;
  }

  /** The media type without parameters. */
  public String mediaType() {
    return header.substring(0, header.indexOf(';'));
  }

  /** The protocol of a name; empty for an unknown name. */
  public static Optional<ScrapeProtocol> of(String text) {
    return Arrays.stream(values()).filter(p -> p.text.equals(text)).findFirst();
  }

  /** The Accept header for these formats in this order, with any format last. */
  public static String acceptHeader(List<ScrapeProtocol> protocols, EscapingScheme scheme) {
    StringBuilder sb = new StringBuilder(256);
    int weight = values().length + 1;
    for (ScrapeProtocol p : protocols) {
      sb.append(p.header);
      if (p == PROMETHEUS_TEXT_1_0_0 || p == OPEN_METRICS_1_0_0) {
        sb.append(';').append(EscapingScheme.PARAMETER).append('=').append(scheme.text());
      }
      sb.append(";q=0.").append(weight--).append(',');
    }
    return sb.append("*/*;q=0.").append(weight).toString();
  }
}
