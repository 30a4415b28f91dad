package dev.tethys.pipeline.exporter.debug;

import dev.tethys.codec.otlp.wire.ProfileEditor;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.rows.SpanText;

/** Telemetry as text in about a line for each item, in the form of the Collector's. */
final class NormalText {
  private final StringBuilder out = new StringBuilder();
  private final ProfileEditor profiles = new ProfileEditor();

  private NormalText() {}

  static String of(Signal signal, Telemetry<?> data) {
    NormalText t = new NormalText();
    t.resources(signal, data);
    return t.out.toString();
  }

  private void resources(Signal signal, Telemetry<?> data) {
    String resource =
        switch (signal) {
          case LOGS -> "ResourceLog";
          case TRACES -> "ResourceTraces";
          case METRICS -> "ResourceMetrics";
          case PROFILES -> "ResourceProfiles";
        };
    String scope = signal == Signal.LOGS ? "ScopeLog" : resource.replace("Resource", "Scope");
    int i = 0;
    for (ResourceGroup<?> r : data.resources()) {
      out.append(resource).append(" #").append(i++);
      schema(r.schemaUrl());
      attributes(r.resource().attributes(), " ", " ");
      out.append('\n');
      int j = 0;
      for (ScopeGroup<?> s : r.scopes()) {
        out.append(scope).append(" #").append(j++);
        scope(s.scope());
        schema(s.schemaUrl());
        attributes(s.scope().attributes(), " ", " ");
        out.append('\n');
        s.items().forEach(this::item);
      }
    }
  }

  private void schema(String url) {
    if (!url.isEmpty()) {
      out.append(" [").append(url).append(']');
    }
  }

  private void scope(Scope s) {
    if (!s.name().isEmpty() || !s.version().isEmpty()) {
      out.append(' ').append(s.name());
    }
    if (!s.version().isEmpty()) {
      out.append('@').append(s.version());
    }
  }

  private void attributes(Attributes a, String first, String between) {
    for (int i = 0; i < a.size(); i++) {
      out.append(i == 0 ? first : between).append(a.key(i)).append('=');
      out.append(ValueText.of(a.value(i)));
    }
  }

  private void item(Object item) {
    switch (item) {
      case LogRecord l -> {
        out.append(ValueText.of(l.body())).append(' ');
        attributes(l.attributes(), "", " ");
        out.append('\n');
      }
      case Span s -> {
        out.append(s.name()).append(' ').append(SpanText.traceId(s.traceIdHigh(), s.traceIdLow()));
        out.append(' ').append(SpanText.spanId(s.spanId()));
        attributes(s.attributes(), " ", " ");
        out.append('\n');
      }
      case Metric m -> metric(m);
      case Profile p -> {
        OpenProfile open = profiles.open(p);
        out.append(SpanText.traceId(open.idHigh(), open.idLow()));
        out.append(" samples=").append(open.samples().size());
        attributes(open.attributes(), " ", " ");
        out.append('\n');
      }
      default -> throw new IllegalArgumentException(item.getClass().toString());
    }
  }

  private void metric(Metric m) {
    MetricData<?> data = m.data();
    if (data == null) {
      return;
    }
    data.points()
        .forEach(
            p -> {
              out.append(m.name()).append('{');
              attributes(p.attributes(), "", ",");
              out.append("} ");
              switch (p) {
                case NumberDataPoint n -> number(n);
                case HistogramDataPoint h -> histogram(h);
                case ExponentialHistogramDataPoint e -> exponential(e);
                case SummaryDataPoint s -> summary(s);
                default -> throw new IllegalArgumentException(p.getClass().toString());
              }
              out.append('\n');
            });
  }

  private void number(NumberDataPoint n) {
    if (n.isInt()) {
      out.append(n.longValue());
    } else if (n.isDouble()) {
      out.append(GoValueText.shortest(n.doubleValue()));
    }
  }

  private void distribution(DistributionDataPoint d) {
    out.append("count=").append(Long.toUnsignedString(d.count()));
    if (d.hasSum()) {
      out.append(" sum=").append(GoValueText.shortest(d.sum()));
    }
    if (d.hasMin()) {
      out.append(" min=").append(GoValueText.shortest(d.min()));
    }
    if (d.hasMax()) {
      out.append(" max=").append(GoValueText.shortest(d.max()));
    }
  }

  private void histogram(HistogramDataPoint h) {
    distribution(h);
    long[] counts = h.bucketCounts();
    double[] bounds = h.explicitBounds();
    for (int i = 0; i < counts.length; i++) {
      out.append(' ');
      if (i < bounds.length) {
        out.append("le").append(GoValueText.shortest(bounds[i])).append('=');
      }
      out.append(Long.toUnsignedString(counts[i]));
    }
  }

  private void exponential(ExponentialHistogramDataPoint e) {
    distribution(e);
    double factor = Math.scalb(Math.log(2), -e.scale());
    long[] negative = e.negativeCounts();
    for (int j = negative.length - 1; j >= 0; j--) {
      bucket(-Math.exp(((double) e.negativeOffset() + j) * factor), negative[j]);
    }
    if (e.zeroCount() != 0) {
      out.append(" zero=").append(Long.toUnsignedString(e.zeroCount()));
    }
    long[] positive = e.positiveCounts();
    for (int j = 0; j < positive.length; j++) {
      bucket(Math.exp(((double) e.positiveOffset() + j + 1) * factor), positive[j]);
    }
  }

  private void bucket(double upper, long count) {
    out.append(" le").append(GoValueText.shortest(upper)).append('=');
    out.append(Long.toUnsignedString(count));
  }

  private void summary(SummaryDataPoint s) {
    out.append("count=").append(Long.toUnsignedString(s.count()));
    out.append(" sum=").append(GoValueText.fixed(s.sum()));
    for (int i = 0; i < s.quantiles().length; i++) {
      out.append(" q").append(GoValueText.shortest(s.quantiles()[i]));
      out.append('=').append(GoValueText.shortest(s.quantileValues()[i]));
    }
  }
}
