package dev.tethys.pipeline.batching;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.delivery.DeliverySettings.Batching;
import dev.tethys.pipeline.delivery.DeliverySettings.Sizer;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * {@code batch}: merges batches. Unlike the Collector's processor it keeps callbacks, so sources
 * receive the outcome of their items, and rejects nothing while the next queue has space.
 */
public final class BatchProcessor implements ProcessorFactory<BatchProcessor.Settings> {
  /** The settings. */
  public record Settings(Batching batching, int cardinality) {}

  private static final double[] ITEM_BOUNDS = {
    10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000,
    20000, 30000, 50000, 100000
  };
  private static final double[] BYTE_BOUNDS = {
    10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000,
    20000, 30000, 50000, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000,
    900_000, 1000_000, 2000_000, 3000_000, 4000_000, 5000_000, 6000_000, 7000_000, 8000_000,
    9000_000
  };

  private static final Section SECTION =
      new Section("batch_processor", "Joins small batches into larger ones.");
  private static final Key<Long> SIZE =
      SECTION.key("send_batch_size", Type.INT, 8192L, "Number of items at which a batch is sent.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ofMillis(200),
          "Maximum time before a batch is sent; 0 to send without delay.");
  private static final Key<Long> MAX_SIZE =
      SECTION.key(
          "send_batch_max_size",
          Type.INT,
          0L,
          "Maximum number of items in a batch; 0 for no limit.");
  private static final Key<List<String>> METADATA =
      SECTION.key(
          "metadata_keys",
          Type.list(Type.STRING),
          List.of(),
          "Metadata keys; only batches with equal values are joined.");
  private static final Key<Long> CARDINALITY =
      SECTION.key(
          "metadata_cardinality_limit",
          Type.INT,
          1000L,
          "Maximum number of combinations of metadata values.");

  @Override
  public String type() {
    return "batch";
  }

  @Override
  public String about() {
    return "Joins batches until they are large or old enough.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Duration holds(Settings s) {
    return s.batching().after();
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(BatchProcessor::read);
  }

  private static Settings read(YamlObject o) {
    long size = o.get(SIZE);
    long max = o.get(MAX_SIZE);
    long cardinality = o.get(CARDINALITY);
    if (size < 0) {
      throw o.error(SIZE, "send_batch_size must be at least 0");
    }
    if (max < 0 || max > 0 && max < size) {
      throw o.error(
          MAX_SIZE, "send_batch_max_size must be 0 or at least send_batch_size, which is " + size);
    }
    if (cardinality < 1 || cardinality > 1_000_000) {
      throw o.error(CARDINALITY, "metadata_cardinality_limit must be 1 to 1000000");
    }
    return new Settings(
        new Batching(o.get(TIMEOUT), size, max, Sizer.ITEMS, o.get(METADATA)), (int) cardinality);
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    return new Running(settings, signal, next, context);
  }

  private static final class Running implements Processor {
    private final Batcher batcher;
    private final ItemAccounting account;

    Running(Settings settings, Signal signal, Consumer next, Context context) {
      account = context.account(signal);
      String id = context.id().toString();
      Registry metrics = context.metrics();
      String pre = "otelcol_processor_batch_";
      Registry.BucketHistogram items =
          metrics
              .histograms(
                  pre + "batch_send_size", "Items in batches sent.", ITEM_BOUNDS, "processor")
              .with(id);
      Registry.BucketHistogram bytes =
          metrics
              .histograms(
                  pre + "batch_send_size_bytes", "Bytes in batches sent.", BYTE_BOUNDS, "processor")
              .with(id);
      Registry.Counter bySize =
          metrics
              .counters(
                  pre + "batch_size_trigger_send_total",
                  "Batches sent because of their size.",
                  "processor")
              .with(id);
      Registry.Counter byTime =
          metrics
              .counters(
                  pre + "timeout_trigger_send_total",
                  "Batches sent because of their age.",
                  "processor")
              .with(id);
      batcher =
          new Batcher(
              settings.batching,
              settings.cardinality,
              context.clock(),
              context.name(),
              (b, r) -> {
                account.pass(b.items());
                next.consume(b, r);
              },
              new Batcher.Meter() {
                @Override
                public void sent(int n, int size, boolean becauseOfSize) {
                  items.observe(n);
                  bytes.observe(size);
                  (becauseOfSize ? bySize : byTime).inc();
                }

                @Override
                public void rejected(int n) {
                  account.returnItems(n);
                }
              });
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.take(batch.items());
      batcher.consume(batch, ack);
    }

    @Override
    public void forward() {
      batcher.flush();
    }

    @Override
    public void stop(Duration timeLimit) {
      batcher.stop(timeLimit);
    }
  }
}
