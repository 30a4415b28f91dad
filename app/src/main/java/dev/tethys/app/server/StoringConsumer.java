package dev.tethys.app.server;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.exporter.tethys.TethysSettings;

/** Consumer that stores a batch before returning. */
record StoringConsumer(EmbeddedStore store) implements Consumer {
  @Override
  public void consume(Batch batch, AckCallback ack) {
    ack.complete(store.store(batch, TethysSettings.DEFAULT));
  }

  /** Stores a batch of this process; the reason if the store did not take it, otherwise empty. */
  static String problem(EmbeddedStore store, Batch batch) {
    return switch (store.store(batch, TethysSettings.DEFAULT)) {
      case Outcome.Accepted _ -> "";
      case Outcome.Rejected r -> r.reason();
      case Outcome.Unavailable u -> u.reason();
    };
  }
}
