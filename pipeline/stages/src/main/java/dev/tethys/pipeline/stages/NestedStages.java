package dev.tethys.pipeline.stages;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Stages nested in another stage. They start with the labels as extracted values, as a pipeline
 * does.
 */
final class NestedStages implements Stage {
  private final @Nullable StageObserver observer;
  private final Chain chain;
  private final DecodedLabels decoded = new DecodedLabels();
  private @Nullable Next next; // of the call that is under way

  NestedStages(List<Chain.Named> stages, @Nullable StageObserver observer) {
    this.observer = observer;
    this.chain = new Chain(stages, observer, e -> Objects.requireNonNull(next).accept(e));
  }

  @Override
  public void process(StageEntry entry, Next to) {
    next = to;
    entry.extracted.seed(decoded.of(entry.labels()));
    chain.accept(entry);
  }

  @Override
  public Stage fork() {
    return new NestedStages(chain.forked(), observer);
  }

  @Override
  public long nextFlush() {
    return chain.nextFlush();
  }

  @Override
  public void flush(long nanos, Next to) {
    next = to;
    chain.flush(nanos);
  }

  @Override
  public void drain(Next to) {
    next = to;
    chain.drain();
  }

  @Override
  public void close() {
    chain.close();
  }
}
