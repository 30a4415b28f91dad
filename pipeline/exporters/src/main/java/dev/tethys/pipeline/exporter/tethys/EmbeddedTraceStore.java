package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.otlp.wire.SpanBatchReader;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanAppendResult.Refusal;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.TraceIngester;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Trace store of the process. Spans over a limit are rejected with Tempo's reason, the others of
 * the batch are stored.
 */
public final class EmbeddedTraceStore extends TenantBatches {
  /** Workspaces kept for reuse, and the largest request after which one is kept. */
  private static final int MAX_IDLE = 8;

  private static final int MAX_IDLE_BYTES = 8 << 20;

  private final TraceIngester ingester;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  /** Columns of one request. */
  private static final class Workspace {
    final SpanBatchReader reader = new SpanBatchReader();
    final SpanBatch spans = new SpanBatch();
  }

  public EmbeddedTraceStore(TraceIngester ingester) {
    super(ingester, "invalid_span");
    this.ingester = ingester;
  }

  @Override
  Outcome append(Scope scope, Batch batch, TethysSettings settings) {
    Workspace w = open();
    try {
      long size = batch.size();
      if (batch.knownSize() >= 0) {
        byte[] body = batch.body();
        w.reader.read(body, 0, body.length, w.spans);
        return outcome(ingester.append(scope, w.spans, size));
      }
      Telemetry<?> tree = batch.takeTree();
      SpanAppendResult r = ingester.append(scope, SpanBatch.of((TracesData) tree), size);
      batch.keepTree(tree);
      return outcome(r);
    } finally {
      close(w, batch.size());
    }
  }

  private Workspace open() {
    synchronized (idle) {
      Workspace w = idle.pollLast();
      return w == null ? new Workspace() : w;
    }
  }

  private void close(Workspace w, int bytes) {
    w.spans.clear();
    if (bytes <= MAX_IDLE_BYTES) {
      synchronized (idle) {
        if (idle.size() < MAX_IDLE) {
          idle.addLast(w);
        }
      }
    }
  }

  private static Outcome outcome(SpanAppendResult r) {
    if (r.refusals().isEmpty()) {
      return Outcome.ACCEPTED;
    }
    Map<String, Integer> byReason = new LinkedHashMap<>();
    for (Refusal refusal : r.refusals()) {
      byReason.merge(refusal.limit(), refusal.spans(), Integer::sum);
    }
    String text = r.refusals().stream().map(Refusal::message).collect(Collectors.joining("\n"));
    return new Outcome.Rejected(text, r.refused(), byReason);
  }
}
