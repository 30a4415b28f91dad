package dev.tethys.insight.objectives.file;

import dev.tethys.config.Durations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.objectives.BucketBounds;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.ServiceIndicators;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads indicators of the grammar of Tethys. */
final class Indicators {
  private enum Numerator {
    FAILED,
    GOOD
  }

  private enum HistogramForm {
    CLASSIC,
    NATIVE
  }

  private enum Unit {
    SECONDS,
    MILLISECONDS
  }

  private static final Type<ServiceIndicators.Source> SOURCE =
      Type.lowerCase("source", ServiceIndicators.Source.class);

  private static final Section AVAILABILITY = new Section("availability", "Failed requests.");
  private static final Key<ServiceIndicators.Source> AVAILABILITY_SOURCE =
      AVAILABILITY.optional("source", SOURCE, "Source of requests; the first that has any.");
  private static final Key<String> AVAILABILITY_PROTOCOL =
      AVAILABILITY.key("protocol", Type.STRING, "http", "Protocol that the node agent sees.");

  private static final Section LATENCY = new Section("latency", "Slow requests.");
  private static final Key<Duration> LATENCY_THRESHOLD =
      LATENCY.required("threshold", Type.DURATION, "Longest good duration.");
  private static final Key<ServiceIndicators.Source> LATENCY_SOURCE =
      LATENCY.optional("source", SOURCE, "Source of requests; the first that has any.");
  private static final Key<String> LATENCY_PROTOCOL =
      LATENCY.key("protocol", Type.STRING, "http", "Protocol that the node agent sees.");

  private static final Section PROMQL = new Section("promql", "Own queries.");
  private static final Key<YamlNode> TOTAL = PROMQL.required("total", Type.ANY, "All events.");
  private static final Key<YamlNode> FAILED = PROMQL.optional("failed", Type.ANY, "Failed events.");
  private static final Key<YamlNode> GOOD = PROMQL.optional("good", Type.ANY, "Good events.");

  private static final Section RATIO = new Section("ratio", "Computed ratio.");
  private static final Key<YamlNode> RATIO_QUERY =
      RATIO.required("query", Type.ANY, "Ratio, 0 to 1.");
  private static final Key<Numerator> RATIO_OF =
      RATIO.key(
          "of", Type.lowerCase("ratio", Numerator.class), Numerator.FAILED, "Counted events.");

  private static final Section HISTOGRAM = new Section("histogram", "Observations of a histogram.");
  private static final Key<String> METRIC =
      HISTOGRAM.required("metric", Type.STRING, "Name without _bucket.");
  private static final Key<String> MATCHERS =
      HISTOGRAM.key("matchers", Type.STRING, "", "Matchers of its series, without braces.");
  private static final Key<Duration> HISTOGRAM_THRESHOLD =
      HISTOGRAM.required("threshold", Type.DURATION, "Longest good duration.");
  private static final Key<HistogramForm> FORM =
      HISTOGRAM.key(
          "type", Type.lowerCase("type", HistogramForm.class), HistogramForm.CLASSIC, "Form.");
  private static final Key<Unit> UNIT =
      HISTOGRAM.key("unit", Type.lowerCase("unit", Unit.class), Unit.SECONDS, "Unit of bounds.");

  static final Section SECTION = new Section("indicator", "Indicator, exactly one of these.");
  private static final Key<YamlObject> BY_AVAILABILITY =
      SECTION.optional(
          "availability", AVAILABILITY.type(o -> o), "Failed requests of the service.");
  private static final Key<YamlObject> BY_LATENCY =
      SECTION.optional("latency", LATENCY.type(o -> o), "Slow requests of the service.");
  private static final Key<YamlObject> BY_PROMQL =
      SECTION.optional("promql", PROMQL.type(o -> o), "Own queries.");
  private static final Key<YamlObject> BY_RATIO =
      SECTION.optional("ratio", RATIO.type(o -> o), "Computed ratio.");
  private static final Key<YamlObject> BY_HISTOGRAM =
      SECTION.optional("histogram", HISTOGRAM.type(o -> o), "Observations of a histogram.");

  static {
    SECTION.notBuilt("logql", "record the counts by a rule group of type logs, then use promql");
    SECTION.notBuilt(
        "traceql", "record the counts by a rule group of type traces, then use promql");
  }

  private Indicators() {}

  static ErrorRatio read(YamlObject o, String service) {
    List<ErrorRatio> all = new ArrayList<>();
    YamlObject availability = o.find(BY_AVAILABILITY);
    if (availability != null) {
      all.add(availability(availability, service));
    }
    YamlObject latency = o.find(BY_LATENCY);
    if (latency != null) {
      all.add(latency(latency, service));
    }
    YamlObject promql = o.find(BY_PROMQL);
    if (promql != null) {
      all.add(promql(promql));
    }
    YamlObject ratio = o.find(BY_RATIO);
    if (ratio != null) {
      all.add(ratio(ratio));
    }
    YamlObject histogram = o.find(BY_HISTOGRAM);
    if (histogram != null) {
      all.add(histogram(histogram));
    }
    if (all.size() != 1) {
      throw o.error(
          "indicator has "
              + all.size()
              + " kinds; write exactly one of availability, latency, promql, ratio, histogram");
    }
    return all.getFirst();
  }

  private static String protocol(YamlObject o, Key<String> key) {
    String p = o.get(key);
    if (!p.matches("[a-z0-9]{1,30}")) {
      throw o.error(key, "protocol is \"" + p + "\"; write one such as http, postgres or kafka");
    }
    return p;
  }

  private static ErrorRatio availability(YamlObject o, String service) {
    String protocol = protocol(o, AVAILABILITY_PROTOCOL);
    return ServiceIndicators.availability(service, o.find(AVAILABILITY_SOURCE), protocol);
  }

  private static ErrorRatio latency(YamlObject o, String service) {
    BigDecimal seconds = seconds(o, LATENCY_THRESHOLD, 0);
    String protocol = protocol(o, LATENCY_PROTOCOL);
    return ServiceIndicators.latency(service, o.find(LATENCY_SOURCE), protocol, seconds);
  }

  private static BigDecimal seconds(YamlObject o, Key<Duration> key, int shift) {
    BigDecimal value =
        BigDecimal.valueOf(o.get(key).toMillis()).movePointLeft(3 - shift).stripTrailingZeros();
    try {
      BucketBounds.atLeast(value);
      return value;
    } catch (IllegalArgumentException e) {
      throw o.error(key, "threshold is " + Durations.format(o.get(key)) + "; write 1ms to 11d");
    }
  }

  private static ErrorRatio promql(YamlObject o) {
    IndicatorQuery total = IndicatorQuery.read(o.get(TOTAL));
    YamlNode failed = o.find(FAILED);
    YamlNode good = o.find(GOOD);
    if (failed != null && good == null) {
      return IndicatorQuery.failed(IndicatorQuery.read(failed), total, true);
    }
    if (good != null && failed == null) {
      return IndicatorQuery.good(IndicatorQuery.read(good), total);
    }
    throw o.error("promql needs total and one of failed and good");
  }

  private static ErrorRatio ratio(YamlObject o) {
    IndicatorQuery q = IndicatorQuery.read(o.get(RATIO_QUERY));
    return new ErrorRatio.Ratio(
        o.get(RATIO_OF) == Numerator.FAILED ? q.text() : "1 - (" + q.text().strip() + ")");
  }

  private static ErrorRatio histogram(YamlObject o) {
    String metric = o.get(METRIC);
    if (!NameScheme.LEGACY.isValidMetricName(metric)) {
      throw o.error(METRIC, "metric is \"" + metric + "\"; write the name of a histogram");
    }
    String matchers = matchers(o);
    BigDecimal threshold =
        seconds(o, HISTOGRAM_THRESHOLD, o.get(UNIT) == Unit.MILLISECONDS ? 3 : 0);
    if (o.get(FORM) == HistogramForm.NATIVE) {
      return new ErrorRatio.Ratio(
          "1 - histogram_fraction(-Inf, "
              + threshold.toPlainString()
              + ", "
              + ServiceIndicators.rate(metric, matchers)
              + ")");
    }
    return ServiceIndicators.slow(metric + "_bucket", matchers, threshold);
  }

  private static String matchers(YamlObject o) {
    String text = o.get(MATCHERS).strip();
    String inner =
        text.startsWith("{") && text.endsWith("}") ? text.substring(1, text.length() - 1) : text;
    try {
      PromqlParser.parse("x{" + inner + "}", ParserOptions.STABLE);
    } catch (PromqlParseException e) {
      throw o.error(MATCHERS, "could not parse the matchers: " + e.reason());
    }
    String clean = inner.strip();
    return clean.endsWith(",") ? clean.substring(0, clean.length() - 1) : clean;
  }
}
