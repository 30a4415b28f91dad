package dev.tethys.pipeline.stages;

import dev.tethys.config.YamlNode;
import dev.tethys.model.logs.LogEntry;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code pipeline_stages} of a source. An entry goes through all of them on the caller's
 * thread; what comes out is given to the caller's consumer: nothing, the entry, or entries that had
 * been held back. Every entry that goes in comes out, is settled because it was dropped, or is
 * absorbed by one that comes out later.
 *
 * <p>Some stages remember streams (lines that may continue, the last good time), so an instance is
 * for one thread at a time, and all entries of a stream go through the same instance. {@link #fork}
 * makes one for another thread or another set of streams; counters, rate limits and metrics are
 * shared among them.
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
   * Reads a list of stages.
   *
   * @param list the value of {@code pipeline_stages}; nothing means no stage
   * @throws dev.tethys.config.ConfigException with the position of what is wrong
   */
  public static Stages parse(YamlNode list, StageContext context) {
    return new Stages(StageTypes.parse(list, context), context);
  }

  /** No stages: entries come out as they go in. */
  public static Stages none(StageContext context) {
    return new Stages(List.of(), context);
  }

  /** The same stages for other streams. */
  public Stages fork() {
    return new Stages(chain.forked(), context);
  }

  /** How many there are. */
  public int size() {
    return chain.size();
  }

  /**
   * Takes an entry through.
   *
   * @param to gets what comes out; may block; must not call this object
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
   * When {@link #flush} has something to do: nanoseconds of the clock of the context that never
   * goes back, or {@link Long#MAX_VALUE} while nothing waits for time to pass.
   */
  public long nextFlush() {
    return chain.nextFlush();
  }

  /** Gives out what has been held back for long enough. */
  public void flush(Consumer<LogEntry> to) {
    this.to = to;
    try {
      chain.flush(context.clock().nanos());
    } finally {
      this.to = null;
    }
  }

  /** Gives out all that is held back, because the sources have ended. */
  public void drain(Consumer<LogEntry> to) {
    this.to = to;
    try {
      chain.drain();
    } finally {
      this.to = null;
    }
  }

  /**
   * Takes the metrics of these stages away, those of all forks: for the one that was parsed, when
   * the configuration goes. Entries must have been drained.
   */
  public void close() {
    chain.close();
  }
}
