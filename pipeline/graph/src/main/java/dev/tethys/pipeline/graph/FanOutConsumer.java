package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.delivery.DrainScope;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.volume.VolumePoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Sends each batch of a node to all its edges without copying; a consumer that edits the batch gets
 * its own tree. A reload may change the edges.
 */
final class FanOutConsumer implements Consumer {
  /**
   * Filter of items that a node sends into pipelines.
   *
   * @param fresh whether the items enter the graph there
   */
  record Entry(EntryFilter filter, boolean fresh) {}

  /** Edges into one pipeline: to its first processor, or to all of its exporters. */
  private record Entrance(PipelineId pipeline, Edge[] edges, LongAdder repeated)
      implements Consumer {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      fanOut(edges, batch, ack, repeated);
    }
  }

  /** Outputs in one object, so that a batch never sees the outputs of two configurations. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Outputs(Edge[] edges, Entrance[] entrances, EntryFilter.Entries entries) {}

  private volatile Outputs outputs = new Outputs(new Edge[0], new Entrance[0], _ -> null);
  private final DrainScope.Exit exit;
  private final @Nullable ItemAccounting account;
  private final @Nullable VolumePoint volume;
  private final PipelineSpans.@Nullable Receiving spans;
  private final @Nullable Entry entry;
  private final LongAdder repeated = new LongAdder();
  private volatile List<NodeContext> sharedQueues = List.of();

  /**
   * Creates a fan-out.
   *
   * @param exit exit of the node
   * @param account accounting of a receiver, which is updated here; null for other components
   * @param volume volume counter of a receiver; null for other components
   * @param entry null for a node inside a pipeline
   */
  FanOutConsumer(
      DrainScope.Exit exit,
      @Nullable ItemAccounting account,
      @Nullable VolumePoint volume,
      PipelineSpans.@Nullable Receiving spans,
      @Nullable Entry entry) {
    this.exit = exit;
    this.account = account;
    this.volume = volume;
    this.spans = spans;
    this.entry = entry;
  }

  /**
   * @param entries entry filters of the graph's pipelines
   */
  void lead(List<Edge> to, EntryFilter.Entries entries) {
    Map<String, List<Edge>> byPipeline = new LinkedHashMap<>();
    if (entry != null) {
      to.forEach(e -> byPipeline.computeIfAbsent(e.key.pipeline(), p -> new ArrayList<>()).add(e));
    }
    outputs =
        new Outputs(
            to.toArray(Edge[]::new),
            byPipeline.entrySet().stream()
                .map(
                    e ->
                        new Entrance(
                            PipelineId.parse(e.getKey()),
                            e.getValue().toArray(Edge[]::new),
                            repeated))
                .toArray(Entrance[]::new),
            entries);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    AckCallback r = received(batch.items(), ack);
    if (volume != null) {
      volume.pass(batch, volume.isExact() ? batch.exactSize() : batch.estimatedSize());
    }
    Outputs to = outputs;
    if (to.edges.length == 0) {
      r.complete(new Outcome.Unavailable("no pipeline is connected yet", Duration.ZERO));
      return;
    }
    if (entry != null && entry.filter.isActive()) {
      exit.pass(() -> enter(entry, to, batch, r));
    } else {
      exit.pass(() -> fanOut(to.edges, batch, r, repeated));
    }
  }

  /** Counts and traces batches forwarded by a receiver. */
  private AckCallback received(int items, AckCallback ack) {
    AckCallback counted = ack;
    if (account != null) {
      account.take(items);
      counted = counted(items, ack, account);
    }
    return spans == null ? counted : spans.begin(items, counted);
  }

  private static void fanOut(Edge[] to, Batch batch, AckCallback ack, LongAdder repeated) {
    AckCallback each = ack;
    if (to.length > 1) {
      batch.share();
      each = join(ack, to.length, batch.items(), repeated);
    }
    for (Edge e : to) {
      e.consume(batch, each);
    }
  }

  /** Filters once per pipeline, so that all its exporters receive the same items. */
  private void enter(Entry entry, Outputs to, Batch batch, AckCallback ack) {
    AckCallback each = ack;
    if (to.entrances.length > 1) {
      batch.share();
      each = join(ack, to.entrances.length, batch.items(), repeated);
    }
    for (Entrance e : to.entrances) {
      entry.filter.filter(e.pipeline, entry.fresh, batch, each, e, to.entries);
    }
  }

  private static AckCallback join(AckCallback ack, int ways, int items, LongAdder repeated) {
    return AckCallback.join(ack, ways, () -> repeated.add(items));
  }

  /** Sets the downstream queues that are shared with other outputs. */
  void leadTo(List<NodeContext> shared) {
    sharedQueues = shared;
  }

  @Override
  public @Nullable Outcome refuse(int items) {
    for (NodeContext n : sharedQueues) {
      for (QueuedExporter e : n.exporters()) {
        if (e.isRefusing()) {
          if (account != null) {
            account.take(items);
            account.returnItems(items);
          }
          return new Outcome.Unavailable("the queue of " + n.name() + " is full", Duration.ZERO);
        }
      }
    }
    return null;
  }

  /**
   * Returns the number of items that some destinations accepted and that their source repeats
   * because of others.
   */
  long repeated() {
    return repeated.sum();
  }

  private static AckCallback counted(int items, AckCallback ack, ItemAccounting account) {
    return outcome -> {
      switch (outcome) {
        case Outcome.Accepted a -> account.pass(items);
        case Outcome.Unavailable u -> account.returnItems(items);
        case Outcome.Rejected x -> {
          int refused = Math.clamp(x.items(), 0, items);
          account.returnItems(refused);
          account.pass(items - refused);
        }
      }
      ack.complete(outcome);
    };
  }
}
