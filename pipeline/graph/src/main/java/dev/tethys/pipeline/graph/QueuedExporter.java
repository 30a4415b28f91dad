package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.batching.Batcher;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.QueuePart;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Exporter with an outbox: joins batches if configured, encodes and queues them. After a reload
 * with changed settings, its successor takes over the outbox.
 */
final class QueuedExporter implements QueuePart {
  private static final int MAX_PARTITIONS = 1000;

  /** Time for requests in flight to end after their queue got another sender. */
  private static final Duration TURN = Duration.ofSeconds(10);

  private final NodeContext context;
  private final String part;

  private final String name;
  private final OutboxOptions options;
  private OutboxOptions present; // changes with the sender
  private final Outboxes outboxes;
  private final Encoder encoder;
  private Sender sender; // changes only with the outbox's
  private final ItemAccounting account;
  private final @Nullable Batcher batcher;
  private final Consumer first;
  private volatile @Nullable Outbox outbox;
  private @Nullable QueuedExporter predecessor; // exporter whose outbox it took over
  private boolean succeeded; // its outbox is another's

  /** Creates the only exporter of its node. */
  QueuedExporter(
      NodeContext context,
      DeliverySettings settings,
      OutboxOptions options,
      Outboxes outboxes,
      Encoder encoder,
      Sender sender,
      ItemAccounting account) {
    this(context, "", settings, options, outboxes, encoder, sender, account);
  }

  /** Creates one of several exporters. */
  QueuedExporter(
      NodeContext context,
      String part,
      DeliverySettings settings,
      OutboxOptions options,
      Outboxes outboxes,
      Encoder encoder,
      Sender sender,
      ItemAccounting account) {
    this.context = context;
    this.part = part;
    this.name = context.name() + (part.isEmpty() ? "" : " to " + part);
    this.options = options;
    this.present = options;
    this.outboxes = outboxes;
    this.encoder = encoder;
    this.sender = traced(sender);
    this.account = account;
    DeliverySettings.Batching b = settings.batch();
    this.batcher =
        b == null
            ? null
            : new Batcher(b, MAX_PARTITIONS, context.clock(), name, this::issue, new Meter());
    this.first = batcher == null ? this::enqueue : batcher;
  }

  private final class Meter implements Batcher.Meter {
    @Override
    public void sent(int items, int bytes, boolean becauseOfSize) {
      // the outbox counts
    }

    @Override
    public void rejected(int items) {
      account.take(items);
      account.returnItems(items);
    }
  }

  @Override
  public void start() throws IOException {
    outbox = outboxes.open(name, present, sender, account, headers -> {}, context::neighbours);
  }

  /** Whether the outbox of another that runs can become its own. */
  boolean canSucceed(QueuedExporter other) {
    return other.outbox != null
        && other.account == account
        && Objects.equals(other.options.disk(), options.disk());
  }

  /**
   * Starts with the outbox of another exporter: this one sends the waiting requests; requests in
   * flight end with the other. The other still forwards its batches until it is stopped.
   */
  void succeed(QueuedExporter other) {
    Outbox box = other.outbox;
    if (box == null) {
      throw new IllegalStateException(name + " does not run and has no successor");
    }
    box.replaceSender(options, sender);
    outbox = box;
    predecessor = other;
    other.predecessor = null; // or each reload would keep all those before it
    other.succeeded = true;
  }

  /** Returns the outbox to its previous owner. */
  void returnQueue() {
    QueuedExporter before = predecessor;
    Outbox box = outbox;
    if (before != null && box != null) {
      box.replaceSender(before.options, before.sender);
      before.succeeded = false;
      succeeded = true;
    }
  }

  /** Returns the outbox, or null before the start. */
  @Nullable Outbox outbox() {
    return outbox;
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    first.consume(batch, ack);
  }

  /**
   * Adds a batch to the outbox, possibly on its own thread; this must happen before the exporter
   * stops.
   */
  private void issue(Batch batch, AckCallback ack) {
    context.exit().pass(() -> enqueue(batch, ack));
  }

  private void enqueue(Batch batch, AckCallback ack) {
    Outbox box = outbox;
    if (box == null) {
      account.take(batch.items());
      account.returnItems(batch.items());
      ack.complete(new Outcome.Unavailable(name + " does not run", Duration.ZERO));
      return;
    }
    Encoder.Encoded e;
    try {
      e = encoder.encode(batch);
    } catch (NotEncodableException x) {
      account.take(batch.items());
      account.drop(Drops.NOT_ENCODABLE, batch.items());
      ack.complete(new Outcome.Rejected(name + ": " + x.getMessage(), batch.items()));
      return;
    }
    e.drops()
        .forEach(
            (reason, items) -> {
              account.take(items);
              account.drop(reason, items);
            });
    if (e.requests().isEmpty()) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    AckCallback each = AckCallback.parts(ack, e.requests().size());
    for (EncodedRequest p : e.requests()) {
      box.put(p, each);
    }
  }

  /** Returns the name among several; "" for the only one. */
  String part() {
    return part;
  }

  /** Whether a request of a source that cannot wait would be returned. */
  boolean isRefusing() {
    Outbox box = outbox;
    return box != null && box.isRefusing();
  }

  private Outbox running() {
    Outbox box = outbox;
    if (box == null) {
      throw new IllegalStateException(name + " does not run");
    }
    return box;
  }

  @Override
  public void replaceSender(Sender to) {
    turn(to, options);
  }

  @Override
  public void leave(Sender to) {
    turn(to, untilTaken(options));
  }

  private void turn(Sender to, OutboxOptions by) {
    Sender before = sender;
    sender = PipelineSpans.untraced(before) == to ? before : traced(to);
    present = by;
    Outbox box = outbox;
    if (box != null) {
      box.replaceSender(by, sender);
      box.retire(before, TURN);
    }
  }

  private Sender traced(Sender to) {
    return context.traced(to);
  }

  /** Removes the retry limit, unless sources wait for delivery: they retry themselves. */
  private static OutboxOptions untilTaken(OutboxOptions o) {
    if (o.disk() == null && !o.acknowledgeQueued()) {
      return o;
    }
    OutboxOptions.Retry r = o.retry();
    return o.withRetry(
        new OutboxOptions.Retry(
            true, r.first(), r.multiplier(), r.longest(), r.jitter(), Duration.ZERO, 0));
  }

  @Override
  public @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack) {
    return running().transferIn(request, ack);
  }

  @Override
  public OutboxStatus status() {
    return running().status();
  }

  @Override
  public void forget() {
    context.exporters().remove(this);
    OutboxOptions.Overflow overflow = options.overflow();
    OutboxOptions.Disk disk = overflow == null ? options.disk() : overflow.disk();
    if (disk != null && (overflow == null || outboxes.files().exists(disk.folder()))) {
      outboxes.remove(disk.folder());
    }
  }

  @Override
  public Exporter queue() {
    return this;
  }

  @Override
  public boolean isExclusive() {
    return options.disk() != null;
  }

  @Override
  public void forward() {
    if (batcher != null) {
      batcher.flush();
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    Outbox box = outbox;
    long end = context.clock().nanos() + timeLimit.toNanos();
    if (batcher != null) {
      transfer(batcher, timeLimit, succeeded ? null : box);
    }
    Duration remaining = Duration.ofNanos(Math.max(0, end - context.clock().nanos()));
    if (box != null && succeeded) {
      box.retire(sender, remaining);
    } else if (box != null) {
      box.close(remaining);
    } else {
      sender.close();
    }
  }

  /** Makes producers blocked by its queue check again. */
  void wakeBlockedProducers() {
    Outbox box = outbox;
    if (box != null) {
      box.wakeBlockedProducers();
    }
  }

  /** Ends waits for space in its queue, unless another exporter owns it. */
  void failBlockedProducers() {
    Outbox box = outbox;
    if (box != null && !succeeded) {
      box.failBlockedProducers();
    }
  }

  /**
   * Moves collected batches into the queue. A full blocking queue whose destination is down would
   * block forever: when the time limit expires, batches without space return to their source.
   *
   * @param box null if another exporter owns it and keeps sending
   */
  private void transfer(Batcher from, Duration timeLimit, @Nullable Outbox box) {
    if (box == null) {
      from.stop(timeLimit);
      return;
    }
    Scheduler.Timer late = () -> {};
    if (timeLimit.isPositive()) {
      late = context.clock().schedule(timeLimit, box::failBlockedProducers);
    } else {
      box.failBlockedProducers();
    }
    try {
      from.stop(timeLimit);
    } finally {
      late.cancel();
    }
  }
}
