package dev.tethys.pipeline.processor.connector;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code failover} connectors: batches go to the first level of pipelines that accepts
 * them. A level that is unavailable, or that rejects a batch another level accepts, is skipped for
 * a while; then one batch tries it again.
 */
public final class FailoverFactory implements ConnectorFactory<FailoverFactory.Settings> {
  /**
   * Settings.
   *
   * @param levels best first
   * @param retryInterval time for which a failed level is skipped
   * @param queue queue used while no level accepts batches; null if none
   */
  public record Settings(
      List<List<PipelineId>> levels, Duration retryInterval, @Nullable DeliverySettings queue) {}

  private static final Type<PipelineId> PIPELINE =
      Type.of("pipeline", null, n -> n.parse(PipelineId::parse));
  private static final Section SECTION =
      new Section("failover", "Sends batches to the first level of pipelines that accepts them.")
          .include(DeliverySettings.QUEUEING);
  private static final Key<List<List<PipelineId>>> LEVELS =
      SECTION.required(
          "priority_levels",
          Type.list(Type.list(PIPELINE)),
          "Lists of pipelines, in order of priority.");
  private static final Section STANDARD =
      new Section("standard", "Settings of the strategy standard.");
  private static final Key<Duration> STANDARD_RETRY_INTERVAL =
      STANDARD.optional(
          "retry_interval",
          Type.DURATION,
          "Interval between attempts to return to a level of higher priority.");
  private static final Key<YamlObject> STANDARD_SETTINGS =
      SECTION.optional("standard", STANDARD.type(o -> o), "Settings of the strategy standard.");
  private static final Key<Duration> RETRY_INTERVAL =
      SECTION.key(
          "retry_interval",
          Type.DURATION,
          Duration.ofMinutes(10),
          "Former location of standard.retry_interval.");

  static {
    SECTION.key(
        "strategy",
        Type.oneOf("strategy", List.of("standard")),
        "standard",
        "Strategy that chooses a level; standard is the only one.");
    SECTION.key(
        "retry_gap",
        Type.DURATION,
        Duration.ZERO,
        "No effect: setting of older Collector versions.");
    SECTION.key("max_retries", Type.INT, 0L, "No effect: setting of older Collector versions.");
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
          return new Settings(o.get(LEVELS), retryInterval(o), DeliverySettings.readQueue(o));
        });
  }

  private static Duration retryInterval(YamlObject o) {
    YamlObject standard = o.find(STANDARD_SETTINGS);
    Duration newer = standard == null ? null : standard.find(STANDARD_RETRY_INTERVAL);
    if (standard != null && newer != null) {
      return positive(standard, STANDARD_RETRY_INTERVAL, newer);
    }
    return positive(o, RETRY_INTERVAL, o.get(RETRY_INTERVAL));
  }

  private static Duration positive(YamlObject o, Key<Duration> key, Duration d) {
    if (d.isNegative() || d.isZero()) {
      throw o.error(key, "must be positive");
    }
    return d;
  }

  @Override
  public boolean offersElsewhere() {
    return true;
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
    Levels all = new Levels(levels, settings.retryInterval(), context.clock());
    DeliverySettings queue = settings.queue();
    return queue == null
        ? new Direct(all, context.account(from))
        : new Queued(context.exporter(queue, from, QueuedBatch::encode, new QueueSender(all)));
  }

  /** Consumer that keeps the sender waiting until a level accepts the batch. */
  private record Direct(Levels levels, ItemAccounting account) implements Connector {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.take(batch.items());
      levels.consume(
          batch,
          outcome -> {
            if (outcome instanceof Outcome.Unavailable) {
              account.returnItems(batch.items());
            } else {
              account.pass(batch.items());
            }
            ack.complete(outcome);
          });
    }
  }

  /** Batches wait in a queue that all levels share. */
  private record Queued(Exporter queue) implements Connector {
    @Override
    public void start() throws IOException {
      queue.start();
    }

    @Override
    public void forward() {
      queue.forward();
    }

    @Override
    public void stop(Duration timeLimit) {
      queue.stop(timeLimit);
    }

    @Override
    public boolean isExclusive() {
      return queue.isExclusive();
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      queue.consume(batch, ack);
    }
  }

  /** Moves batches from the queue to the levels. */
  private record QueueSender(Levels levels) implements Sender {
    @Override
    public SendResult send(EncodedRequest request) throws IOException, InterruptedException {
      CompletableFuture<Outcome> settled = new CompletableFuture<>();
      levels.consume(QueuedBatch.decode(request), settled::complete);
      try {
        return switch (settled.get()) {
          case Outcome.Accepted _ -> SendResult.DELIVERED;
          case Outcome.Unavailable u -> new SendResult.Retryable(u.retryAfter(), false, u.reason());
          case Outcome.Rejected r ->
              r.items() >= request.items()
                  ? new SendResult.Permanent(r.reason())
                  : new SendResult.Partial(r.items(), r.reason());
        };
      } catch (ExecutionException e) {
        throw new IOException(e); // it is completed with outcomes only
      }
    }
  }

  /** Levels with the time until which each is skipped. */
  private static final class Levels implements Consumer {
    private final List<List<Consumer>> levels;
    private final long retryNanos;
    private final Scheduler clock;

    @GuardedBy("this")
    private final boolean[] down;

    @GuardedBy("this")
    private final long[] since;

    Levels(List<List<Consumer>> levels, Duration retryInterval, Scheduler clock) {
      this.levels = List.copyOf(levels);
      this.retryNanos = retryInterval.toNanos();
      this.clock = clock;
      this.down = new boolean[levels.size()];
      this.since = new long[levels.size()];
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      batch.share(); // the next level gets it as this one got it
      attempt(batch, ack, 0, List.of());
    }

    /**
     * Tries levels from one on.
     *
     * @param refusing destinations that rejected the entire batch
     */
    private void attempt(Batch batch, AckCallback ack, int from, List<Integer> refusing) {
      int level = next(from);
      if (level < 0) {
        ack.complete(
            new Outcome.Unavailable("no level of the failover takes batches now", Duration.ZERO));
        return;
      }
      List<Consumer> to = levels.get(level);
      AckCallback answer =
          outcome -> {
            boolean refused = outcome instanceof Outcome.Rejected r && r.items() >= batch.items();
            if (refused && refusing.size() + 1 == levels.size()) {
              ack.complete(outcome); // every other level rejected it too: the batch is at fault
              return;
            }
            if (refused || outcome instanceof Outcome.Unavailable) {
              List<Integer> refusals = new ArrayList<>(refusing);
              if (refused) {
                refusals.add(level);
              } else {
                failed(level);
              }
              // Not on this thread: settling must not block, but consuming may.
              clock.execute("failover", () -> attempt(batch, ack, level + 1, refusals));
              return;
            }
            refusing.forEach(this::failed); // rejected a batch that this level accepted
            recovered(level);
            ack.complete(outcome);
          };
      AckCallback joined = AckCallback.join(answer, to.size());
      for (Consumer c : to) {
        c.consume(batch, joined);
      }
    }

    /**
     * Returns the best level from {@code from} on that is up or due for a retry; -1 if there is
     * none.
     */
    private synchronized int next(int from) {
      for (int i = from; i < down.length; i++) {
        if (!down[i]) {
          return i;
        }
        if (clock.nanos() - since[i] >= retryNanos) {
          since[i] = clock.nanos(); // one batch probes the level; the others wait for its result
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
