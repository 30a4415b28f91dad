package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.CodecException;
import dev.tethys.model.logs.LogTenants;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanAppendResult.Refusal;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.TraceIngester;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Trace store of the process. Spans that a limit refuses are rejected by Tempo's reason, the others
 * of the batch are stored. A store that is full or not open yet asks for another attempt.
 */
public final class EmbeddedTraceStore implements EmbeddedStore {
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final TraceIngester ingester;

  public EmbeddedTraceStore(TraceIngester ingester) {
    this.ingester = ingester;
  }

  @Override
  public Outcome store(Batch batch, TethysSettings settings) {
    String tenant = settings.tenantOf(batch);
    String problem = LogTenants.problem(tenant);
    if (problem != null) {
      ingester.discarded(TraceIngester.OTHER, "invalid_tenant", batch.items());
      return new Outcome.Rejected(LogTenants.HEADER + " is " + problem, batch.items());
    }
    int items = batch.items();
    try {
      long size = batch.size();
      Telemetry<?> tree = batch.takeTree();
      SpanAppendResult r = ingester.append(tenant, SpanBatch.of((TracesData) tree), items, size);
      batch.keepTree(tree);
      return outcome(r);
    } catch (CodecException e) {
      ingester.discarded(tenant, "invalid_span", items);
      return new Outcome.Rejected(String.valueOf(e.getMessage()), items);
    } catch (StorageException e) {
      String why = String.valueOf(e.getMessage());
      return e.reason() == StorageException.Reason.INVALID
          ? new Outcome.Rejected(why, items)
          : new Outcome.Unavailable(why, RETRY);
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
