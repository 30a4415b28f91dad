package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.loki.OtlpLogs;
import dev.tethys.codec.loki.OtlpMapping;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogAppendResult.Refusal;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Log store of the process. Entries over a limit are rejected with Loki's reason, the others of the
 * batch are stored.
 */
public final class EmbeddedLogStore extends TenantBatches {
  /** Maximum number of items with individual reasons; larger bulk requests get one reason. */
  private static final int MAX_NAMED_ITEMS = 100_000;

  private final LogIngester ingester;
  private final Function<String, OtlpMapping> mappings;

  /**
   * @param mappings rules for labels by tenant
   */
  public EmbeddedLogStore(LogIngester ingester, Function<String, OtlpMapping> mappings) {
    super(ingester, "invalid_entry");
    this.ingester = ingester;
    this.mappings = mappings;
  }

  @Override
  Outcome append(Scope scope, Batch batch, TethysSettings settings) {
    OtlpMapping own = settings.otlp();
    OtlpMapping mapping = own == null ? mappings.apply(scope.tenant()) : own;
    if (!settings.defaultLabels().isEmpty()) {
      mapping = mapping.withDefaultLabels(settings.defaultLabels());
    }
    LogBatch columns = new LogBatch();
    Telemetry<?> tree = batch.takeTree();
    new OtlpLogs(mapping.withPlainNames()).add((LogsData) tree, ingester.now(), columns);
    batch.keepTree(tree);
    return outcome(ingester.append(scope, columns));
  }

  private static Outcome outcome(LogAppendResult r) {
    if (r.refusals().isEmpty()) {
      return Outcome.ACCEPTED;
    }
    Map<String, Integer> byReason = new LinkedHashMap<>();
    for (Refusal refusal : r.refusals()) {
      byReason.merge(refusal.limit(), refusal.entries(), Integer::sum);
    }
    Map<Integer, String> byItem = new HashMap<>();
    int[] rows = r.rowRefusals();
    for (int i = 0; i < Math.min(rows.length, MAX_NAMED_ITEMS); i++) {
      if (rows[i] >= 0) {
        byItem.put(i, r.refusals().get(rows[i]).message());
      }
    }
    return new Outcome.Rejected(r.text(), r.refused(), byReason, byItem);
  }
}
