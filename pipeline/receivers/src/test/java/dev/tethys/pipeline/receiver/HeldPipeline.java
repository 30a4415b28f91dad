package dev.tethys.pipeline.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.testkit.Waiting;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** The consumer after a receiver, which settles a batch when a test requires it to. */
public final class HeldPipeline implements Consumer {
  public final List<Batch> batches = new CopyOnWriteArrayList<>();
  private final Queue<AckCallback> held = new ConcurrentLinkedQueue<>();

  @Override
  public void consume(Batch batch, AckCallback ack) {
    held.add(ack);
    batches.add(batch);
  }

  /** Settles the oldest unsettled batch. */
  public void complete(Outcome outcome) {
    Objects.requireNonNull(held.poll(), "no batch is under way").complete(outcome);
  }

  /** Waits until {@code count} batches have arrived in total. */
  public void await(int count) throws InterruptedException {
    until(() -> batches.size() >= count);
  }

  public static void until(BooleanSupplier done) throws InterruptedException {
    long deadline = System.nanoTime() + 50_000_000_000L;
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Waiting.pause();
    }
  }
}
