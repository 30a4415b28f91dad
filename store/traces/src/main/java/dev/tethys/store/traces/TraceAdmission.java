package dev.tethys.store.traces;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.store.traces.block.SpanCopier;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Check of a batch against the limits. For one append. */
final class TraceAdmission {
  private static final int FIELDS = 8; // ids, times, kind, status

  private final TraceLimits limits;
  private final TraceSizes sizes;
  private final SpanBatch batch;
  private final Map<String, int[]> counts = new LinkedHashMap<>();
  private final Map<String, String> messages = new LinkedHashMap<>();
  private boolean @Nullable [] refused;
  private int refusedCount;

  /**
   * @param sizes trace sizes of the tenant
   */
  TraceAdmission(TraceLimits limits, TraceSizes sizes, SpanBatch batch) {
    this.limits = limits;
    this.sizes = sizes;
    this.batch = batch;
  }

  /** Spans to store: the batch, or a copy without the spans that are rejected. */
  SpanBatch check() {
    for (int s = 0; s < batch.spans; s++) {
      if ((batch.traceHigh[s] | batch.traceLow[s]) == 0) {
        refuse(s, "invalid_trace_id", "trace id is absent or 0; send 16 bytes that are not all 0");
      }
    }
    if (limits.maxAttributeBytes() > 0) {
      attributes();
    }
    if (limits.maxTraceBytes() > 0) {
      sizes();
    }
    boolean[] out = refused;
    if (out == null) {
      return batch;
    }
    SpanBatch kept = new SpanBatch();
    SpanCopier copier = new SpanCopier(batch, kept, new SpanCopier.Groups(kept));
    for (int s = 0; s < batch.spans; s++) {
      if (!out[s]) {
        copier.copy(s);
      }
    }
    return kept;
  }

  SpanAppendResult result() {
    List<SpanAppendResult.Refusal> out = new ArrayList<>();
    counts.forEach(
        (limit, n) ->
            out.add(
                new SpanAppendResult.Refusal(n[0], limit, messages.getOrDefault(limit, limit))));
    return new SpanAppendResult(batch.spans - refusedCount, out);
  }

  private void refuse(int span, String limit, String message) {
    boolean[] all = refused;
    if (all == null) {
      all = new boolean[batch.spans];
      refused = all;
    }
    if (all[span]) {
      return;
    }
    all[span] = true;
    refusedCount++;
    counts.computeIfAbsent(limit, k -> new int[1])[0]++;
    if (!messages.containsKey(limit)) {
      HexFormat hex = HexFormat.of();
      messages.put(
          limit,
          message
              + "; first such span "
              + hex.toHexDigits(batch.spanId[span])
              + " of trace "
              + hex.toHexDigits(batch.traceHigh[span])
              + hex.toHexDigits(batch.traceLow[span]));
    }
  }

  private void sizes() {
    long max = limits.maxTraceBytes();
    for (int s = 0; s < batch.spans; s++) {
      boolean isRefused = refused != null && refused[s];
      if (!isRefused && !sizes.add(batch.traceHigh[s], batch.traceLow[s], bytes(s), max)) {
        refuse(s, "trace_too_large", "max_bytes_per_trace is " + max + " and the trace has more");
      }
    }
  }

  /** Returns the size of a span: its strings, and 8 bytes for each other field that it has. */
  private long bytes(int span) {
    long out = FIELDS * 8L + batch.texts.length(batch.name[span]);
    out += batch.texts.length(batch.message[span]) + bytes(batch.attributes, span);
    for (int e = batch.eventStarts[span]; e < batch.eventStarts[span + 1]; e++) {
      out += 16L + bytes(batch.eventAttributes, e);
    }
    for (int l = batch.linkStarts[span]; l < batch.linkStarts[span + 1]; l++) {
      out += 24L + bytes(batch.linkAttributes, l);
    }
    return out;
  }

  private long bytes(AttributeRows rows, int row) {
    long out = 0;
    int shape = rows.shapes[row];
    int value = rows.starts[row];
    for (int e = batch.shapes.start(shape); e < batch.shapes.end(shape); e++) {
      int element = batch.shapes.elements()[e];
      int type = element & 7;
      long v = rows.values[value++];
      boolean isText = type == SpanColumn.STRING || type == SpanColumn.OTHER;
      out += batch.texts.length(element >>> 3) + (isText ? batch.texts.length((int) v) : 8);
    }
    return out;
  }

  private void attributes() {
    int max = limits.maxAttributeBytes();
    boolean any = false;
    for (int code = 0; code < batch.texts.count() && !any; code++) {
      any = batch.texts.length(code) > max;
    }
    if (!any) {
      return;
    }
    for (int s = 0; s < batch.spans; s++) {
      int scope = batch.scope[s];
      int code = tooLong(batch.attributes, s, max);
      code = code >= 0 ? code : tooLong(batch.scopes, scope, max);
      code = code >= 0 ? code : tooLong(batch.resources, batch.scopeResource[scope], max);
      for (int e = batch.eventStarts[s]; e < batch.eventStarts[s + 1] && code < 0; e++) {
        code = tooLong(batch.eventAttributes, e, max);
      }
      for (int l = batch.linkStarts[s]; l < batch.linkStarts[s + 1] && code < 0; l++) {
        code = tooLong(batch.linkAttributes, l, max);
      }
      if (code >= 0) {
        refuse(
            s,
            "attribute_too_large",
            "max_attribute_bytes is "
                + max
                + " and a key or value has "
                + batch.texts.length(code)
                + " bytes");
      }
    }
  }

  /** Returns the key or value of a row that is too long, or -1. */
  private int tooLong(AttributeRows rows, int row, int max) {
    int shape = rows.shapes[row];
    int value = rows.starts[row];
    for (int e = batch.shapes.start(shape); e < batch.shapes.end(shape); e++) {
      int element = batch.shapes.elements()[e];
      if (batch.texts.length(element >>> 3) > max) {
        return element >>> 3;
      }
      int type = element & 7;
      long v = rows.values[value++];
      if ((type == SpanColumn.STRING || type == SpanColumn.OTHER)
          && batch.texts.length((int) v) > max) {
        return (int) v;
      }
    }
    return -1;
  }
}
