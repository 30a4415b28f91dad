package dev.tethys.api.traces;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSearchResult;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.TraceStatistics;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Responses of Tempo's API as messages of {@code tempopb}. */
final class TempoProto {
  private static final HexFormat HEX = HexFormat.of();
  private static final int PARTIAL = 1;

  private TempoProto() {}

  static byte[] search(TraceSearchResult r) {
    ProtoWriter w = new ProtoWriter();
    for (FoundTrace t : r.traces()) {
      int m = w.begin(1);
      w.string(1, t.traceId());
      String service = t.rootService();
      w.string(2, service == null ? TempoJson.NO_ROOT : service);
      String name = t.rootName();
      w.stringUnlessEmpty(3, name == null ? "" : name);
      w.int64Unless0(4, t.start()).int64Unless0(5, t.duration() / 1_000_000);
      if (!t.spansets().isEmpty()) {
        spanset(w, 6, t.spansets().getFirst());
      }
      t.spansets().forEach(s -> spanset(w, 7, s));
      for (Map.Entry<String, FoundTrace.ServiceStats> e : t.services().entrySet()) {
        int entry = w.begin(8);
        w.string(1, e.getKey());
        int stats = w.begin(2);
        w.int64Unless0(1, e.getValue().spans()).int64Unless0(2, e.getValue().errors()).end(stats);
        w.end(entry);
      }
      w.end(m);
    }
    metrics(w, r.statistics());
    return w.toByteArray();
  }

  private static void spanset(ProtoWriter w, int field, FoundTrace.Spanset set) {
    int m = w.begin(field);
    for (FoundTrace.FoundSpan s : set.spans()) {
      int span = w.begin(1);
      w.string(1, HEX.toHexDigits(s.spanId())).stringUnlessEmpty(2, s.name());
      w.int64Unless0(3, s.start()).int64Unless0(4, s.duration());
      s.attributes().forEach(a -> pair(w, 5, a.name(), a.value()));
      w.end(span);
    }
    w.int64Unless0(2, set.matched());
    set.attributes().forEach(a -> pair(w, 3, a.name(), a.value()));
    w.end(m);
  }

  private static void pair(ProtoWriter w, int field, String name, TraceValue v) {
    int m = w.begin(field);
    w.string(1, name);
    int value = w.begin(2);
    value(w, v);
    w.end(value).end(m);
  }

  private static void value(ProtoWriter w, TraceValue v) {
    switch (v) {
      case TraceValue.Int n -> w.int64(3, n.value());
      case TraceValue.Bool b -> w.bool(2, b.value());
      case TraceValue.Real n -> w.float64(4, n.value());
      case TraceValue.Items items -> {
        int list = w.begin(5);
        for (TraceValue x : items.values()) {
          int m = w.begin(1);
          value(w, x);
          w.end(m);
        }
        w.end(list);
      }
      default -> w.string(1, v.text());
    }
  }

  private static void metrics(ProtoWriter w, TraceStatistics s) {
    int m = w.begin(2);
    w.int64Unless0(1, Math.min(s.inspectedTraces(), Integer.MAX_VALUE));
    w.int64Unless0(3, s.segments());
    w.int64Unless0(4, s.scannedSegments()).int64Unless0(5, s.scannedSegments());
    w.int64Unless0(7, s.inspectedSpans()).end(m);
  }

  static byte[] tags(Map<String, List<String>> scopes, boolean v2) {
    ProtoWriter w = new ProtoWriter();
    if (!v2) {
      TempoJson.names(scopes).forEach(n -> w.string(1, n));
      return w.toByteArray();
    }
    scopes.forEach(
        (scope, names) -> {
          int m = w.begin(1);
          w.string(1, scope);
          names.forEach(n -> w.string(2, n));
          w.end(m);
        });
    return w.toByteArray();
  }

  static byte[] values(List<TraceValue> values, boolean v2) {
    ProtoWriter w = new ProtoWriter();
    for (TraceValue v : values) {
      if (v2) {
        int m = w.begin(1);
        w.string(1, TempoJson.type(v)).string(2, v.text()).end(m);
      } else {
        w.string(1, v.text());
      }
    }
    return w.toByteArray();
  }

  static byte[] range(TraceSeriesResult r) {
    ProtoWriter w = new ProtoWriter();
    for (TraceSeriesResult.Series s : r.series()) {
      int m = w.begin(1);
      s.labels().forEach(l -> pair(w, 1, l.name(), l.value()));
      for (int i = 0; i < r.times().length; i++) {
        if (!Double.isNaN(s.values()[i])) {
          int sample = w.begin(2);
          w.float64Unless0(1, s.values()[i]).int64(2, r.times()[i] / 1_000_000).end(sample);
        }
      }
      for (TraceSeriesResult.Exemplar e : s.exemplars()) {
        int exemplar = w.begin(4);
        for (NamedValue l : TempoJson.labels(e)) {
          pair(w, 1, l.name(), l.value());
        }
        w.float64Unless0(2, e.value()).int64(3, e.time() / 1_000_000).end(exemplar);
      }
      w.end(m);
    }
    return end(w, r);
  }

  static byte[] instant(TraceSeriesResult r) {
    ProtoWriter w = new ProtoWriter();
    for (TraceSeriesResult.Series s : r.series()) {
      if (s.values().length > 0 && !Double.isNaN(s.values()[0])) {
        int m = w.begin(1);
        s.labels().forEach(l -> pair(w, 1, l.name(), l.value()));
        w.float64Unless0(2, s.values()[0]).end(m);
      }
    }
    return end(w, r);
  }

  private static byte[] end(ProtoWriter w, TraceSeriesResult r) {
    metrics(w, r.statistics());
    if (!r.warnings().isEmpty()) {
      w.int64(3, PARTIAL).string(4, String.join("; ", r.warnings()));
    }
    return w.toByteArray();
  }
}
