package dev.tethys.pipeline.exporter.debug;

import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.EntityRef;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.rows.SpanText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Full text form of logs, spans and metrics, as in the Collector. */
final class DetailedText {
  private static final List<String> SEVERITIES =
      List.of("Trace", "Debug", "Info", "Warn", "Error", "Fatal");
  private static final List<String> SPAN_KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");
  private static final List<String> STATUS_CODES = List.of("Unset", "Ok", "Error");
  private static final List<String> TEMPORALITIES = List.of("Unspecified", "Delta", "Cumulative");

  private final StringBuilder out = new StringBuilder();

  private DetailedText() {}

  /** Returns the detailed text of any signal except profiles. */
  static String of(Signal signal, Telemetry<?> data) {
    DetailedText t = new DetailedText();
    t.resources(signal, data);
    return t.out.toString();
  }

  private void line(String... parts) {
    for (String p : parts) {
      out.append(p);
    }
    out.append('\n');
  }

  private void resources(Signal signal, Telemetry<?> data) {
    String resource =
        switch (signal) {
          case LOGS -> "ResourceLog";
          case TRACES -> "ResourceSpans";
          case METRICS -> "ResourceMetrics";
          case PROFILES -> throw new IllegalArgumentException("profiles have no detailed text");
        };
    String scope = signal == Signal.LOGS ? "ScopeLogs" : resource.replace("Resource", "Scope");
    int i = 0;
    for (ResourceGroup<?> r : data.resources()) {
      line(resource, " #" + i++);
      line("Resource SchemaURL: ", r.schemaUrl());
      attributes("", "Resource attributes", r.resource().attributes());
      entities(r.resource());
      int j = 0;
      for (ScopeGroup<?> s : r.scopes()) {
        line(scope, " #" + j++);
        line(scope, " SchemaURL: ", s.schemaUrl());
        scope(s.scope());
        int k = 0;
        for (Object item : s.items()) {
          switch (item) {
            case LogRecord l -> log(l, k);
            case Span span -> span(span, k);
            case Metric m -> metric(m, k);
            default -> throw new IllegalArgumentException(item.getClass().toString());
          }
          k++;
        }
      }
    }
  }

  private void attributes(String indent, String header, Attributes a) {
    if (a.isEmpty()) {
      return;
    }
    line(indent.isEmpty() ? "" : indent + "-> ", header, ":");
    for (int i = 0; i < a.size(); i++) {
      line(indent, "     -> ", a.key(i), ": ", value(a.value(i)));
    }
  }

  private static String value(@Nullable Object v) {
    String kind =
        switch (AnyValue.kind(v)) {
          case EMPTY -> "Empty";
          case STRING -> "Str";
          case BOOL -> "Bool";
          case INT -> "Int";
          case DOUBLE -> "Double";
          case BYTES -> "Bytes";
          case ARRAY -> "Slice";
          case KVLIST -> "Map";
        };
    return kind + "(" + ValueText.of(v) + ")";
  }

  private void entities(Resource r) {
    if (!r.hasEntityRefs()) {
      return;
    }
    line("Resource entity refs:");
    int i = 0;
    for (EntityRef e : r.entityRefs()) {
      line("     -> Entity ref #" + i++, ":");
      line("          -> Type: ", e.type());
      if (!e.schemaUrl().isEmpty()) {
        line("          -> Schema URL: ", e.schemaUrl());
      }
      keys("ID keys:", e.hasIdKeys() ? e.idKeys() : List.of());
      keys("Description keys:", e.hasDescriptionKeys() ? e.descriptionKeys() : List.of());
    }
  }

  private void keys(String header, List<String> keys) {
    if (!keys.isEmpty()) {
      line("          -> ", header);
      keys.forEach(k -> line("               -> ", k));
    }
  }

  private void scope(Scope s) {
    line("InstrumentationScope ", s.name(), " ", s.version());
    attributes("", "InstrumentationScope attributes", s.attributes());
  }

  private void log(LogRecord l, int index) {
    line("LogRecord #" + index);
    line("ObservedTimestamp: ", GoValueText.time(l.observedTimeUnixNano()));
    line("Timestamp: ", GoValueText.time(l.timeUnixNano()));
    line("SeverityText: ", l.severityText());
    line("SeverityNumber: ", severity(l.severityNumber()), "(" + l.severityNumber(), ")");
    if (!l.eventName().isEmpty()) {
      line("EventName: ", l.eventName());
    }
    line("Body: ", value(l.body()));
    attributes("", "Attributes", l.attributes());
    line("Trace ID: ", SpanText.traceId(l.traceIdHigh(), l.traceIdLow()));
    line("Span ID: ", SpanText.spanId(l.spanId()));
    line("Flags: ", Integer.toUnsignedString(l.flags()));
  }

  /**
   * Returns the severity name; each name has four numbers: Trace, Trace2, Trace3, Trace4, Debug and
   * so on.
   */
  private static String severity(int number) {
    if (number == 0) {
      return "Unspecified";
    }
    if (number < 0 || number > 4 * SEVERITIES.size()) {
      return "";
    }
    int step = (number - 1) % 4;
    return SEVERITIES.get((number - 1) / 4) + (step == 0 ? "" : step + 1);
  }

  private static String word(List<String> words, int index) {
    return index >= 0 && index < words.size() ? words.get(index) : "";
  }

  private void field(String name, String value) {
    line("    ", name, " ".repeat(Math.max(0, 15 - name.length())), ": ", value);
  }

  private void span(Span s, int index) {
    line("Span #" + index);
    field("Trace ID", SpanText.traceId(s.traceIdHigh(), s.traceIdLow()));
    field("Parent ID", SpanText.spanId(s.parentSpanId()));
    field("ID", SpanText.spanId(s.spanId()));
    field("Name", s.name());
    field("Kind", word(SPAN_KINDS, s.kind()));
    if (!s.traceState().isEmpty()) {
      field("TraceState", s.traceState());
    }
    field("Start time", GoValueText.time(s.startTimeUnixNano()));
    field("End time", GoValueText.time(s.endTimeUnixNano()));
    field("Status code", word(STATUS_CODES, s.statusCode()));
    field("Status message", s.statusMessage());
    field("DroppedAttributesCount", Integer.toUnsignedString(s.droppedAttributesCount()));
    field("DroppedEventsCount", Integer.toUnsignedString(s.droppedEventsCount()));
    field("DroppedLinksCount", Integer.toUnsignedString(s.droppedLinksCount()));
    attributes("", "Attributes", s.attributes());
    if (s.hasEvents()) {
      line("Events:");
      int i = 0;
      for (SpanEvent e : s.events()) {
        event(e, i++);
      }
    }
    if (s.hasLinks()) {
      line("Links:");
      int i = 0;
      for (SpanLink l : s.links()) {
        link(l, i++);
      }
    }
  }

  private void event(SpanEvent e, int index) {
    line("SpanEvent #" + index);
    line("     -> Name: ", e.name());
    line("     -> Timestamp: ", GoValueText.time(e.timeUnixNano()));
    dropped(e.droppedAttributesCount());
    attributes("     ", "Attributes:", e.attributes()); // two colons, as there
  }

  private void link(SpanLink l, int index) {
    line("SpanLink #" + index);
    line("     -> Trace ID: ", SpanText.traceId(l.traceIdHigh(), l.traceIdLow()));
    line("     -> ID: ", SpanText.spanId(l.spanId()));
    line("     -> TraceState: ", l.traceState());
    dropped(l.droppedAttributesCount());
    attributes("     ", "Attributes:", l.attributes());
  }

  private void dropped(int attributes) {
    line("     -> DroppedAttributesCount: ", Integer.toUnsignedString(attributes));
  }

  private void metric(Metric m, int index) {
    line("Metric #" + index);
    line("Descriptor:");
    line("     -> Name: ", m.name());
    line("     -> Description: ", m.description());
    line("     -> Unit: ", m.unit());
    MetricData<?> data = m.data();
    line("     -> DataType: ", data == null ? "Empty" : data.getClass().getSimpleName());
    attributes("     ", "Metadata", m.metadata());
    if (data == null) {
      return;
    }
    if (data instanceof MetricData.Sum s) {
      line("     -> IsMonotonic: ", Boolean.toString(s.isMonotonic()));
    }
    if (data instanceof MetricData.Aggregated<?> a) {
      line("     -> AggregationTemporality: ", word(TEMPORALITIES, a.temporality()));
    }
    int i = 0;
    for (DataPoint p : data.points()) {
      point(p, i++);
    }
  }

  private void point(DataPoint p, int index) {
    String kind =
        p instanceof NumberDataPoint ? "NumberDataPoints" : p.getClass().getSimpleName() + "s";
    line(kind, " #" + index);
    attributes("", "Data point attributes", p.attributes());
    line("StartTimestamp: ", GoValueText.time(p.startTimeUnixNano()));
    line("Timestamp: ", GoValueText.time(p.timeUnixNano()));
    switch (p) {
      case NumberDataPoint n -> {
        number("Value: ", n.isInt(), n.isDouble(), n.longValue(), n.doubleValue());
        exemplars(n.hasExemplars() ? n.exemplars() : List.of());
      }
      case HistogramDataPoint h -> {
        distribution(h);
        for (int i = 0; i < h.explicitBounds().length; i++) {
          line("ExplicitBounds #" + i, ": ", GoValueText.fixed(h.explicitBounds()[i]));
        }
        for (int i = 0; i < h.bucketCounts().length; i++) {
          line("Buckets #" + i, ", Count: ", Long.toUnsignedString(h.bucketCounts()[i]));
        }
        exemplars(h.hasExemplars() ? h.exemplars() : List.of());
      }
      case ExponentialHistogramDataPoint e -> {
        distribution(e);
        buckets(e);
        exemplars(e.hasExemplars() ? e.exemplars() : List.of());
      }
      case SummaryDataPoint s -> {
        line("Count: ", Long.toUnsignedString(s.count()));
        line("Sum: ", GoValueText.fixed(s.sum()));
        for (int i = 0; i < s.quantiles().length; i++) {
          String quantile = GoValueText.fixed(s.quantiles()[i]);
          String value = GoValueText.fixed(s.quantileValues()[i]);
          line("QuantileValue #" + i, ": Quantile ", quantile, ", Value ", value);
        }
      }
    }
  }

  private void number(String header, boolean isInt, boolean isDouble, long n, double d) {
    if (isInt) {
      line(header, Long.toString(n));
    } else if (isDouble) {
      line(header, GoValueText.fixed(d));
    }
  }

  private void distribution(DistributionDataPoint d) {
    line("Count: ", Long.toUnsignedString(d.count()));
    if (d.hasSum()) {
      line("Sum: ", GoValueText.fixed(d.sum()));
    }
    if (d.hasMin()) {
      line("Min: ", GoValueText.fixed(d.min()));
    }
    if (d.hasMax()) {
      line("Max: ", GoValueText.fixed(d.max()));
    }
  }

  private void buckets(ExponentialHistogramDataPoint e) {
    double factor = Math.scalb(Math.log(2), -e.scale());
    long[] negative = e.negativeCounts();
    for (int i = negative.length - 1; i >= 0; i--) {
      double index = (double) e.negativeOffset() + i;
      String from = GoValueText.fixed(-Math.exp((index + 1) * factor));
      String to = GoValueText.fixed(-Math.exp(index * factor));
      line("Bucket [", from, ", ", to, "), Count: ", Long.toUnsignedString(negative[i]));
    }
    if (e.zeroCount() != 0) {
      line("Bucket [0, 0], Count: ", Long.toUnsignedString(e.zeroCount()));
    }
    long[] positive = e.positiveCounts();
    for (int i = 0; i < positive.length; i++) {
      double index = (double) e.positiveOffset() + i;
      String from = GoValueText.fixed(Math.exp(index * factor));
      String to = GoValueText.fixed(Math.exp((index + 1) * factor));
      line("Bucket (", from, ", ", to, "], Count: ", Long.toUnsignedString(positive[i]));
    }
  }

  private void exemplars(List<Exemplar> exemplars) {
    if (exemplars.isEmpty()) {
      return;
    }
    line("Exemplars:");
    int i = 0;
    for (Exemplar e : exemplars) {
      line("Exemplar #" + i++);
      line("     -> Trace ID: ", SpanText.traceId(e.traceIdHigh(), e.traceIdLow()));
      line("     -> Span ID: ", SpanText.spanId(e.spanId()));
      line("     -> Timestamp: ", GoValueText.time(e.timeUnixNano()));
      number("     -> Value: ", e.isInt(), e.isDouble(), e.longValue(), e.doubleValue());
      attributes("     ", "FilteredAttributes", e.attributes());
    }
  }
}
