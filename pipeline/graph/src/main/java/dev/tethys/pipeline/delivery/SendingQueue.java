package dev.tethys.pipeline.delivery;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sends what waits on a {@link QueueStorage}: its beginning, how it stands, what it becomes, its
 * end.
 */
final class SendingQueue implements Outbox {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final OutboxContext context;
  private final QueueState backlog;
  private final DeadLetterSink deadLetters;
  private final Dispatcher deliveries;
  private final QueueAdmission intake;
  private final Closeable folderLock;
  private boolean timeUp; // guarded by the backlog's lock

  SendingQueue(
      OutboxContext context,
      QueueState backlog,
      Sender sender,
      DeadLetterSink deadLetters,
      Closeable folderLock) {
    this.context = context;
    this.backlog = backlog;
    this.deadLetters = deadLetters;
    this.deliveries = new Dispatcher(context, backlog, sender, deadLetters);
    this.intake = new QueueAdmission(context, backlog, deliveries);
    this.folderLock = folderLock;
  }

  /** Begins to send what was found. */
  void start() {
    backlog.lock.lock();
    try {
      QueueStorage.Dropped found = backlog.storage.found();
      backlog.requests = found.requests();
      backlog.items = found.items();
      context.account().restore(found.items());
      if (found.requests() > 0) {
        LOG.log(
            Level.INFO,
            "{0}: {1} requests with {2} items wait on disk",
            context.name(),
            found.requests(),
            found.items());
      }
      deliveries.dispatchReady();
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public void put(EncodedRequest request, AckCallback receipt) {
    context.account().take(request.items());
    Outcome refusal = intake.take(request, receipt, true);
    if (refusal != null) {
      receipt.settle(refusal);
    }
  }

  @Override
  public @Nullable Outcome transferIn(EncodedRequest request, AckCallback receipt) {
    // What it was taken from has acknowledged it, maybe: only who brings something new may lose it.
    return intake.take(request, receipt, false);
  }

  @Override
  public OutboxStatus status() {
    DeliveryErrorLog.Error last = context.complaints().last();
    long letters = deadLetters.count();
    long evicted = deadLetters.evicted();
    long damaged = backlog.storage.damagedBytes();
    Scheduler clock = context.clock();
    backlog.lock.lock();
    try {
      QueueStorage.Entry oldest = backlog.jobs.oldest();
      if (oldest == null) {
        oldest = backlog.storage.peek();
      }
      SenderBinding route = deliveries.route();
      return new OutboxStatus(
          backlog.requests,
          backlog.items,
          backlog.storage.bytes(),
          backlog.options.capacity(),
          oldest == null ? 0 : Math.max(0, clock.millis() - oldest.millis),
          deliveries.inFlight(),
          route.permitted(),
          route.breaker.pauseNanos(clock.nanos()) / 1_000_000,
          route.breaker.isProbing(),
          deliveries.retries(),
          letters,
          evicted,
          damaged,
          last.reason(),
          last.millis(),
          backlog.full.since(clock.millis()));
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public boolean holdsUp(DrainScope.Exit source) {
    backlog.lock.lock();
    try {
      return backlog.full.holdsUp(source, context.clock().millis());
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public List<DeadLetter> deadLetters(int most) throws IOException {
    return deadLetters.list(most);
  }

  @Override
  public Optional<EncodedRequest> deadLetter(String id) throws IOException {
    return deadLetters.read(id);
  }

  @Override
  public boolean replay(String id) throws IOException {
    Optional<EncodedRequest> found = deadLetter(id);
    if (found.isEmpty()) {
      return false;
    }
    EncodedRequest p = found.get();
    context.account().revive(p.items());
    Outcome refusal = intake.take(p, AckCallback.NONE, false);
    if (refusal != null) {
      throw new IOException(
          switch (refusal) {
            case Outcome.Unavailable u -> u.reason();
            case Outcome.Rejected r -> r.reason();
            case Outcome.Accepted a -> "the queue did not take it";
          });
    }
    deadLetters.remove(id);
    return true;
  }

  @Override
  public void replaceSender(OutboxOptions options, Sender sender) {
    backlog.lock.lock();
    try {
      if (!Objects.equals(options.disk(), backlog.options.disk())) {
        throw new IllegalArgumentException(context.name() + " cannot move from its disk");
      }
      backlog.options = options;
      backlog.room.signalAll();
      deliveries.replaceSender(sender);
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public void retire(Sender former, Duration timeLimit) {
    deliveries.end(former, timeLimit);
  }

  @Override
  public void failBlockedProducers() {
    backlog.lock.lock();
    try {
      backlog.hastened = true;
      backlog.room.signalAll();
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public void wakeBlockedProducers() {
    backlog.lock.lock();
    try {
      backlog.room.signalAll();
    } finally {
      backlog.lock.unlock();
    }
  }

  @Override
  public void close(Duration drain) {
    Scheduler.Timer end = null;
    deliveries.flushBeforeStop();
    backlog.lock.lock();
    try {
      if (backlog.phase != QueueState.Phase.OPEN) {
        return;
      }
      backlog.phase = QueueState.Phase.DRAINING;
      backlog.room.signalAll();
      if (drain.isPositive()) {
        end = context.clock().schedule(drain, this::timeIsUp);
        while (backlog.requests > 0 && !timeUp && !isBetterLeft()) {
          backlog.settled.awaitUninterruptibly();
        }
      }
      backlog.phase = QueueState.Phase.CLOSED;
    } finally {
      backlog.lock.unlock();
      if (end != null) {
        end.cancel();
      }
    }
    deliveries.cutOff();
    returnRemaining();
    deliveries.close();
  }

  /** What is safe on disk need not wait for a destination that is down. */
  private boolean isBetterLeft() {
    return backlog.storage.isDurable() && deliveries.route().breaker.isProbing();
  }

  private void timeIsUp() {
    backlog.lock.lock();
    try {
      timeUp = true;
      backlog.settled.signalAll();
    } finally {
      backlog.lock.unlock();
    }
  }

  /** What is left stays on disk, or is returned. */
  private void returnRemaining() {
    List<AckCallback> receipts = new ArrayList<>();
    long left = 0;
    backlog.lock.lock();
    try {
      for (Job j : backlog.jobs.all()) {
        if (j.timer != null) {
          j.timer.cancel();
        }
        j.state = Job.State.GONE;
        receipts.add(j.receipt);
        left += j.itemsLeft;
        backlog.items -= j.entry.items;
      }
      receipts.addAll(backlog.jobs.clear());
      left += backlog.items;
      backlog.requests = 0;
      backlog.items = 0;
    } finally {
      backlog.lock.unlock();
    }
    if (backlog.storage.isDurable()) {
      context.account().keep(left);
    } else {
      context.account().returnItems(left);
    }
    if (left > 0) {
      LOG.log(
          backlog.storage.isDurable() ? Level.INFO : Level.WARNING,
          backlog.storage.isDurable()
              ? "{0}: stopped, undelivered items stay on disk items={1}"
              : "{0}: stopped, undelivered items returned to their receivers items={1}; what a"
                  + " receiver cannot read or get again, such as scraped samples, is lost",
          context.name(),
          Long.toString(left));
    }
    Outcome stopping = new Outcome.Unavailable(context.name() + " has stopped", Duration.ZERO);
    receipts.forEach(r -> r.settle(stopping));
    try {
      backlog.storage.close();
      deadLetters.close();
      folderLock.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: {1}", context.name(), e.toString());
    }
  }
}
