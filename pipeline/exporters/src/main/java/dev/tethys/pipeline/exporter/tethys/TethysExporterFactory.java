package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.Map;
import java.util.Set;

/**
 * Creates {@code tethys} exporters, which write into the stores of the server that runs the
 * pipeline. They have no queue: a batch is acknowledged when the store has it on disk, and a store
 * that rejects it makes its source retry.
 */
public final class TethysExporterFactory implements ExporterFactory<TethysSettings> {
  private final Map<Signal, EmbeddedStore> stores;

  /**
   * @param stores embedded stores by signal; empty in a process that is not a server
   */
  public TethysExporterFactory(Map<Signal, EmbeddedStore> stores) {
    this.stores = Map.copyOf(stores);
  }

  @Override
  public String type() {
    return "tethys";
  }

  @Override
  public String about() {
    return "Writes into the stores of the server that runs the pipeline.";
  }

  @Override
  public Type<TethysSettings> settings() {
    return TethysSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    // All signals of a server: a process without stores reports that, not an unsupported signal.
    return stores.isEmpty()
        ? Set.of(Signal.LOGS, Signal.METRICS, Signal.TRACES, Signal.PROFILES)
        : stores.keySet();
  }

  @Override
  public Exporter create(TethysSettings settings, Signal signal, Context context) {
    EmbeddedStore store = stores.get(signal);
    if (store == null) {
      throw new ConfigException(
          context.name(),
          "this process has no store; run the pipeline in the server with `tethys server"
              + " --pipelines.config=FILE`, or use otlp_http with the server's URL");
    }
    return new StoreExporter(store, settings, context.account(signal));
  }

  record StoreExporter(EmbeddedStore store, TethysSettings settings, ItemAccounting account)
      implements Exporter {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      int items = batch.items();
      account.take(items);
      Outcome o = store.store(batch, settings);
      switch (o) {
        case Outcome.Accepted _ -> account.pass(items);
        case Outcome.Rejected r -> {
          r.byReason().forEach((reason, n) -> account.drop(reasonOf(r, reason), n));
          account.pass(items - r.items());
        }
        case Outcome.Unavailable _ -> account.returnItems(items);
      }
      ack.complete(o);
    }

    /** Reasons of the store are words; a text about a whole batch does not become a label. */
    private static String reasonOf(Outcome.Rejected r, String reason) {
      return reason.equals(r.reason()) ? "refused" : reason;
    }
  }
}
