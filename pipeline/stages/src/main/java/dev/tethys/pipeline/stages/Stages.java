package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlNode;
import dev.tethys.model.logs.LogEntry;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code pipeline_stages} of a source. An entry passes through all stages on the caller's
 * thread, and the consumer receives the output: nothing, the entry, or previously buffered entries.
 * Every input entry is emitted, dropped and settled, or merged into an entry that is emitted later.
 *
 * <p>Some stages keep state per stream (partial lines, the last valid time). Therefore an instance
 * serves one thread at a time, and all entries of a stream go through the same instance. {@link
 * #fork} creates one for another thread or another set of streams; forks share counters, rate
 * limits and metrics.
 */
public final class Stages {
  private final StageContext context;
  private final Chain chain;
  private final DecodedLabels decoded = new DecodedLabels();
  private @Nullable Consumer<LogEntry> to; // the caller, during its call

  private Stages(List<Chain.Named> stages, StageContext context) {
    this.context = context;
    this.chain =
        new Chain(stages, context.observer(), e -> Objects.requireNonNull(to).accept(e.entry));
  }

  /**
   * Parses a list of stages.
   *
   * @param list the value of {@code pipeline_stages}; null or empty for no stages
   * @throws dev.tethys.config.ConfigException with the position of the error
   */
  public static Stages parse(YamlNode list, StageContext context) {
    return new Stages(StageTypes.parse(list, context), context);
  }

  /** Creates an empty list of stages: entries pass unchanged. */
  public static Stages none(StageContext context) {
    return new Stages(List.of(), context);
  }

  /** Creates the same stages for other streams. */
  public Stages fork() {
    return new Stages(chain.forked(), context);
  }

  /** Returns the number of stages. */
  public int size() {
    return chain.size();
  }

  /**
   * Runs an entry through the stages.
   *
   * @param to receives the output; may block; must not call this object
   */
  public void run(LogEntry entry, Consumer<LogEntry> to) {
    if (chain.size() == 0) {
      to.accept(entry);
      return;
    }
    this.to = to;
    try {
      chain.accept(new StageEntry(entry, decoded.of(entry.labels())));
    } finally {
      this.to = null;
    }
  }

  /**
   * Returns the time when {@link #flush} is due, in nanoseconds of the context's monotonic clock;
   * {@link Long#MAX_VALUE} if no entry is buffered.
   */
  public long nextFlush() {
    return chain.nextFlush();
  }

  /** Emits entries that have been buffered long enough. */
  public void flush(Consumer<LogEntry> to) {
    this.to = to;
    try {
      chain.flush(context.clock().nanos());
    } finally {
      this.to = null;
    }
  }

  /** Emits all buffered entries, because the sources have ended. */
  public void drain(Consumer<LogEntry> to) {
    this.to = to;
    try {
      chain.drain();
    } finally {
      this.to = null;
    }
  }

  /**
   * Unregisters the metrics of these stages and all their forks. Called on the parsed instance when
   * the configuration is unloaded; entries must have been drained.
   */
  public void close() {
    chain.close();
  }
}
