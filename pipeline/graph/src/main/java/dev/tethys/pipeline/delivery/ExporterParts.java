package dev.tethys.pipeline.delivery;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Encoder and sender from which a factory builds an exporter without a queue. */
public record ExporterParts(Encoder encoder, Sender sender) {
  /**
   * Creates an exporter with a factory and returns its parts.
   *
   * @throws IllegalStateException if it has no queue
   */
  public static <S> ExporterParts of(
      ExporterFactory<S> factory, S settings, Signal signal, Context context) {
    Taking taking = new Taking(context);
    factory.create(settings, signal, taking);
    ExporterParts parts = taking.parts;
    if (parts == null) {
      throw new IllegalStateException(factory.type() + " makes no exporters with a queue");
    }
    return parts;
  }

  /** Placeholder for the exporter of an unused part. */
  private static final Exporter NOBODY =
      new Exporter() {
        @Override
        public void consume(Batch batch, AckCallback ack) {
          throw new IllegalStateException("it has no queue");
        }

        @Override
        public void stop(Duration timeLimit) {
          // the sender is closed by who took it
        }
      };

  private static final class Taking implements Context {
    private final Context context;
    private @Nullable ExporterParts parts;

    Taking(Context context) {
      this.context = context;
    }

    @Override
    public ComponentId id() {
      return context.id();
    }

    @Override
    public String name() {
      return context.name();
    }

    @Override
    public ItemAccounting account(Signal signal) {
      return context.account(signal);
    }

    @Override
    public Scheduler clock() {
      return context.clock();
    }

    @Override
    public System.Logger logger() {
      return context.logger();
    }

    @Override
    public Registry metrics() {
      return context.metrics();
    }

    @Override
    public <T> T extension(Reference reference, Class<T> capability) {
      return context.extension(reference, capability);
    }

    @Override
    public Exporter exporter(
        DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
      parts = new ExporterParts(encoder, sender);
      return NOBODY;
    }
  }
}
