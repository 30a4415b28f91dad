package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Spans of one trace received together from one resource, held as an OTLP message. A sender that
 * repeats the same spans produces the same piece, regardless of other spans in the request.
 *
 * @param body encoded spans; must not be modified
 * @param hasRoot whether it contains a span without a parent
 * @param fingerprint fingerprint of the body
 * @param early decision of policies on these spans only; null if they are not evaluated
 */
record SpanPiece(
    TraceId id,
    byte[] body,
    int spans,
    boolean hasRoot,
    long fingerprint,
    @Nullable Decision early) {
  private static final OtlpReader READER = new OtlpReader();

  /** Parts spans by traces. */
  static List<SpanPiece> split(TracesData data, @Nullable Function<Trace, Decision> early) {
    List<SpanPiece> out = new ArrayList<>();
    OtlpWriter writer = new OtlpWriter();
    for (ResourceGroup<Span> r : data.resources()) {
      Map<TraceId, ResourceGroup<Span>> traces = new LinkedHashMap<>();
      for (ScopeGroup<Span> s : r.scopes()) {
        Map<TraceId, ScopeGroup<Span>> scopes = new LinkedHashMap<>();
        for (Span x : s.items()) {
          scopes.computeIfAbsent(TraceId.of(x), _ -> like(s)).items().add(x);
        }
        scopes.forEach((id, scope) -> traces.computeIfAbsent(id, _ -> like(r)).scopes().add(scope));
      }
      traces.forEach((id, group) -> out.add(of(id, group, writer, early)));
    }
    return out;
  }

  private static ScopeGroup<Span> like(ScopeGroup<Span> s) {
    ScopeGroup<Span> g = new ScopeGroup<>();
    g.setScope(s.scope());
    g.setSchemaUrl(s.schemaUrl());
    g.setUnknownFields(s.unknownFields());
    return g;
  }

  private static ResourceGroup<Span> like(ResourceGroup<Span> r) {
    ResourceGroup<Span> g = new ResourceGroup<>();
    g.setResource(r.resource());
    g.setSchemaUrl(r.schemaUrl());
    g.setUnknownFields(r.unknownFields());
    return g;
  }

  private static SpanPiece of(
      TraceId id,
      ResourceGroup<Span> group,
      OtlpWriter writer,
      @Nullable Function<Trace, Decision> early) {
    TracesData data = new TracesData();
    data.resources().add(group);
    byte[] body = writer.write(data);
    int spans = data.itemCount();
    Trace trace = new Trace(id, spans, body.length, () -> List.of(data));
    return new SpanPiece(
        id,
        body,
        spans,
        trace.anySpan(s -> s.parentSpanId() == 0),
        fingerprint(body),
        early == null ? null : early.apply(trace));
  }

  private static long fingerprint(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return crc.getValue() << 32 | Arrays.hashCode(body) & 0xffffffffL;
  }

  boolean isSame(SpanPiece other) {
    return fingerprint == other.fingerprint && Arrays.equals(body, other.body);
  }

  /** Decodes the spans into a new tree. */
  TracesData read() {
    return READER.traces(body, 0, body.length);
  }

  /** Joins several pieces into one message. */
  static byte[] join(List<SpanPiece> pieces) {
    int length = 0;
    for (SpanPiece p : pieces) {
      length = Math.addExact(length, p.body.length);
    }
    byte[] all = new byte[length];
    int at = 0;
    for (SpanPiece p : pieces) {
      System.arraycopy(p.body, 0, all, at, p.body.length);
      at += p.body.length;
    }
    return all;
  }
}
