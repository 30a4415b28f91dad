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
  private final TraceLimits limits;
  private final SpanBatch batch;
  private final Map<String, int[]> counts = new LinkedHashMap<>();
  private final Map<String, String> messages = new LinkedHashMap<>();
  private boolean @Nullable [] refused;
  private int refusedCount;

  TraceAdmission(TraceLimits limits, SpanBatch batch) {
    this.limits = limits;
    this.batch = batch;
  }

  /** Spans to store: the batch, or a copy without the spans that are refused. */
  SpanBatch check() {
    for (int s = 0; s < batch.spans; s++) {
      if ((batch.traceHigh[s] | batch.traceLow[s]) == 0) {
        refuse(s, "invalid_trace_id", "trace id is absent or 0; send 16 bytes that are not all 0");
      }
    }
    if (limits.maxAttributeBytes() > 0) {
      attributes();
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

  /** Key or value of a row that is too long, or -1. */
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
