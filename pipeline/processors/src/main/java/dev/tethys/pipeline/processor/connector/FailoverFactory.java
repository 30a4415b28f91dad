package dev.tethys.pipeline.processor.connector;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.ledger.Account;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes {@code failover} connectors: batches go to the first level of pipelines that takes them. A
 * level that said it is unavailable is left alone for a time, then one batch tries it again.
 */
public final class FailoverFactory implements ConnectorFactory<FailoverFactory.Settings> {
  /** The levels, best first, and how long one that failed is left alone. */
  public record Settings(List<List<PipelineId>> levels, Duration retryInterval) {}

  private static final Type<PipelineId> PIPELINE =
      Type.of("pipeline", null, n -> n.parse(PipelineId::parse));
  private static final Section SECTION =
      new Section("failover", "Gives batches to the first pipelines that take them.");
  private static final Key<List<List<PipelineId>>> LEVELS =
      SECTION.required(
          "priority_levels", Type.list(Type.list(PIPELINE)), "Lists of pipelines, best first.");
  private static final Key<Duration> RETRY_INTERVAL =
      SECTION.key(
          "retry_interval",
          Type.DURATION,
          Duration.ofMinutes(10),
          "After how long a better level is tried again.");

  static {
    SECTION.key(
        "retry_gap", Type.DURATION, Duration.ZERO, "Of older versions; has no effect any more.");
    SECTION.key("max_retries", Type.INT, 0L, "Of older versions; has no effect any more.");
    SECTION.notBuilt("queue", "A queue in front; the exporters behind have theirs.");
  }

  @Override
  public String type() {
    return "failover";
  }

  @Override
  public String about() {
    return "Gives batches to the first pipelines that take them.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (o.get(LEVELS).isEmpty() || o.get(LEVELS).stream().anyMatch(List::isEmpty)) {
            throw o.error(LEVELS, "has no level, or one without pipelines");
          }
          if (o.get(RETRY_INTERVAL).isNegative() || o.get(RETRY_INTERVAL).isZero()) {
            throw o.error(RETRY_INTERVAL, "is longer than nothing");
          }
          return new Settings(o.get(LEVELS), o.get(RETRY_INTERVAL));
        });
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == to;
  }

  @Override
  public Connector create(
      Settings settings, Signal from, Signal to, Outputs outputs, Context context) {
    List<List<Consumer>> levels = new ArrayList<>();
    for (List<PipelineId> ids : settings.levels()) {
      List<Consumer> level = new ArrayList<>();
      for (PipelineId id : ids) {
        if (!outputs.pipelines().contains(id)) {
          throw new dev.tethys.config.ConfigException(
              context.name(),
              "the pipeline " + id + " does not have this connector among its receivers");
        }
        level.add(outputs.to(id));
      }
      levels.add(List.copyOf(level));
    }
    return new Failover(levels, settings.retryInterval(), context.clock(), context.account(from));
  }

  /** Remembers until when each level is left alone. */
  private static final class Failover implements Connector {
    private final List<List<Consumer>> levels;
    private final long retryNanos;
    private final Clockwork clock;
    private final Account account;
    private final boolean[] down; // guarded by this
    private final long[] since; // guarded by this

    Failover(
        List<List<Consumer>> levels, Duration retryInterval, Clockwork clock, Account account) {
      this.levels = List.copyOf(levels);
      this.retryNanos = retryInterval.toNanos();
      this.clock = clock;
      this.account = account;
      this.down = new boolean[levels.size()];
      this.since = new long[levels.size()];
    }

    @Override
    public void consume(Batch batch, Receipt receipt) {
      account.take(batch.items());
      batch.share(); // the next level gets it as this one got it
      attempt(batch, receipt, 0);
    }

    private void attempt(Batch batch, Receipt receipt, int from) {
      int level = next(from);
      if (level < 0) {
        account.giveBack(batch.items());
        receipt.settle(
            new Outcome.Unavailable("no level of the failover takes batches now", Duration.ZERO));
        return;
      }
      List<Consumer> to = levels.get(level);
      Receipt answer =
          outcome -> {
            if (outcome instanceof Outcome.Unavailable) {
              failed(level);
              // Not on this thread: settling must not block, and consuming may.
              clock.execute("failover", () -> attempt(batch, receipt, level + 1));
              return;
            }
            recovered(level);
            account.pass(batch.items());
            receipt.settle(outcome);
          };
      Receipt joined = Receipt.join(answer, to.size());
      for (Consumer c : to) {
        c.consume(batch, joined);
      }
    }

    /** The best level from one on that is up or due to be tried; -1 if there is none. */
    private synchronized int next(int from) {
      for (int i = from; i < down.length; i++) {
        if (!down[i]) {
          return i;
        }
        if (clock.nanos() - since[i] >= retryNanos) {
          since[i] = clock.nanos(); // one batch tries; the others wait for what it finds
          return i;
        }
      }
      return -1;
    }

    private synchronized void failed(int level) {
      down[level] = true;
      since[level] = clock.nanos();
    }

    private synchronized void recovered(int level) {
      down[level] = false;
    }
  }
}
