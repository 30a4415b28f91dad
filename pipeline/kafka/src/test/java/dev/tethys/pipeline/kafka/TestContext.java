package dev.tethys.pipeline.kafka;

import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Context whose exporters send on the caller's thread until delivered. */
final class TestContext implements Context {
  private final Registry registry = new Registry();
  private final Map<Signal, ItemAccounting> accounts = new ConcurrentHashMap<>();
  private final @Nullable Object extension;

  /** Results of requests before they were delivered. */
  final BlockingQueue<SendResult> refusals = new LinkedBlockingQueue<>();

  TestContext() {
    this(null);
  }

  /**
   * @param extension the only one; null if none
   */
  TestContext(@Nullable Object extension) {
    this.extension = extension;
  }

  @Override
  public ComponentId id() {
    return new ComponentId("kafka", "");
  }

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public ItemAccounting account(Signal signal) {
    return accounts.computeIfAbsent(signal, s -> new ItemAccounting("kafka", "kafka", s));
  }

  @Override
  public Scheduler clock() {
    return Scheduler.system();
  }

  @Override
  public System.Logger logger() {
    return System.getLogger("kafka test");
  }

  @Override
  public Registry metrics() {
    return registry;
  }

  @Override
  public <T> T extension(Reference reference, Class<T> capability) {
    return capability.cast(Objects.requireNonNull(extension));
  }

  @Override
  public Exporter exporter(
      DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
    return new Exporter() {
      @Override
      public void consume(Batch batch, AckCallback ack) {
        try {
          for (EncodedRequest p : encoder.encode(batch).requests()) {
            SendResult v = sender.send(p);
            while (!(v instanceof SendResult.Delivered)) {
              refusals.add(v);
              v = sender.send(p);
            }
          }
          ack.complete(Outcome.ACCEPTED);
        } catch (IOException | InterruptedException e) {
          ack.complete(new Outcome.Unavailable(e.toString(), Duration.ZERO));
        }
      }

      @Override
      public void stop(Duration timeLimit) {
        sender.close();
      }
    };
  }
}
