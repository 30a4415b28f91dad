package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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

/** Sends the requests of a {@link QueueStorage}: start, status, replacement and close. */
final class SendingQueue implements Outbox {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final OutboxContext context;
  private final QueueState state;
  private final DeadLetterSink deadLetters;
  private final Dispatcher dispatcher;
  private final QueueAdmission admission;
  private final Closeable folderLock;

  @GuardedBy("state.lock")
  private boolean timeUp;

  SendingQueue(
      OutboxContext context,
      QueueState state,
      Sender sender,
      DeadLetterSink deadLetters,
      Closeable folderLock) {
    this.context = context;
    this.state = state;
    this.deadLetters = deadLetters;
    this.dispatcher = new Dispatcher(context, state, sender, deadLetters);
    this.admission = new QueueAdmission(context, state, dispatcher);
    if (state.overflow != null) {
      state.overflow.attach(state, dispatcher);
    }
    this.folderLock = folderLock;
  }

  /** Starts sending the requests found on disk. */
  void start() {
    state.lock.lock();
    try {
      QueueStorage.Dropped found = state.storage.found();
      state.requests = found.requests();
      state.items = found.items();
      context.account().restore(found.items());
      if (found.requests() > 0) {
        LOG.log(
            Level.INFO,
            "{0}: {1} requests with {2} items wait on disk",
            context.name(),
            found.requests(),
            found.items());
      }
      dispatcher.dispatchReady();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void put(EncodedRequest request, AckCallback ack) {
    context.account().take(request.items());
    Outcome refusal = admission.take(request, ack, true);
    if (refusal != null) {
      ack.complete(refusal);
    }
  }

  @Override
  public @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack) {
    // Its previous queue may have acknowledged it: only new requests may be dropped.
    return admission.take(request, ack, false);
  }

  @Override
  public OutboxStatus status() {
    DeliveryErrorLog.Error last = context.errorLog().last();
    long letters = deadLetters.count();
    long evicted = deadLetters.evicted();
    long damaged = state.storage.damagedBytes();
    Scheduler clock = context.clock();
    state.lock.lock();
    try {
      QueueStorage.Entry oldest = state.jobs.oldest();
      if (oldest == null) {
        oldest = state.storage.peek();
      }
      SenderBinding binding = dispatcher.binding();
      return new OutboxStatus(
          state.requests,
          state.items,
          state.storage.bytes(),
          state.options.capacity(),
          oldest == null ? 0 : Math.max(0, clock.millis() - oldest.millis),
          dispatcher.inFlight(),
          binding.permitted(),
          binding.breaker.pauseNanos(clock.nanos()) / 1_000_000,
          binding.breaker.isProbing(),
          dispatcher.retries(),
          letters,
          evicted,
          damaged,
          last.reason(),
          last.millis(),
          state.full.since(clock.millis()),
          disk());
    } finally {
      state.lock.unlock();
    }
  }

  private OutboxStatus.@Nullable OnDisk disk() {
    Overflow o = state.overflow;
    if (o == null || !o.isActive()) {
      return null;
    }
    QueueStorage.Dropped saved = state.storage.saved();
    OutboxOptions.Overflow options = state.options.overflow();
    return new OutboxStatus.OnDisk(
        saved.requests(),
        saved.items(),
        o.storage().diskBytes(),
        options == null ? 0 : options.bytes(),
        o.activeSince());
  }

  @Override
  public boolean isBlocking(DrainScope.Exit source) {
    state.lock.lock();
    try {
      return state.full.isBlocking(source, context.clock().millis());
    } finally {
      state.lock.unlock();
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
    Outcome refusal = admission.take(p, AckCallback.NONE, false);
    if (refusal != null) {
      throw new IOException(
          switch (refusal) {
            case Outcome.Unavailable u -> u.reason();
            case Outcome.Rejected r -> r.reason();
            case Outcome.Accepted a -> "the queue did not accept it";
          });
    }
    deadLetters.remove(id);
    return true;
  }

  @Override
  public void replaceSender(OutboxOptions options, Sender sender) {
    state.lock.lock();
    try {
      if (!Objects.equals(options.disk(), state.options.disk())) {
        throw new IllegalArgumentException(context.name() + " cannot move from its disk");
      }
      state.options = options;
      state.room.signalAll();
      dispatcher.replaceSender(sender);
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void retire(Sender former, Duration timeLimit) {
    dispatcher.end(former, timeLimit);
  }

  @Override
  public boolean isRefusing() {
    return admission.isRefusing();
  }

  @Override
  public void failBlockedProducers() {
    state.lock.lock();
    try {
      state.hastened = true;
      state.room.signalAll();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void wakeBlockedProducers() {
    state.lock.lock();
    try {
      state.room.signalAll();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public void close(Duration drain) {
    Scheduler.Timer end = null;
    dispatcher.flushBeforeStop();
    state.lock.lock();
    try {
      if (state.phase != QueueState.Phase.OPEN) {
        return;
      }
      state.phase = QueueState.Phase.DRAINING;
      if (state.overflow != null) {
        state.overflow.cancel();
      }
      state.room.signalAll();
      if (drain.isPositive()) {
        end = context.clock().schedule(drain, this::timeIsUp);
        while (state.requests > 0 && !timeUp && !isBetterLeft()) {
          state.settled.awaitUninterruptibly();
        }
      }
      state.phase = QueueState.Phase.CLOSED;
    } finally {
      state.lock.unlock();
      if (end != null) {
        end.cancel();
      }
    }
    dispatcher.cutOff();
    returnRemaining();
    dispatcher.close();
  }

  /** Whether requests safe on disk should stay there, because the destination is down. */
  private boolean isBetterLeft() {
    return (state.storage.isDurable() || state.storage.saved().requests() >= state.requests)
        && dispatcher.binding().breaker.isProbing();
  }

  private void timeIsUp() {
    state.lock.lock();
    try {
      timeUp = true;
      state.settled.signalAll();
    } finally {
      state.lock.unlock();
    }
  }

  /** Leaves the rest on disk, or returns it. */
  private void returnRemaining() {
    List<AckCallback> acks = new ArrayList<>();
    long remaining = 0;
    long saved;
    state.lock.lock();
    try {
      saved = state.storage.saved().items();
      for (Job j : state.jobs.all()) {
        if (j.timer != null) {
          j.timer.cancel();
        }
        j.state = Job.State.GONE;
        acks.add(j.ack);
        remaining += j.itemsLeft;
        if (j.entry.place != null) {
          saved -= j.entry.items - j.itemsLeft; // the others were delivered
        }
        state.items -= j.entry.items;
      }
      acks.addAll(state.jobs.clear());
      remaining += state.items;
      state.requests = 0;
      state.items = 0;
    } finally {
      state.lock.unlock();
    }
    long kept = state.storage.isDurable() ? remaining : Math.clamp(saved, 0, remaining);
    long returned = remaining - kept;
    context.account().keep(kept);
    context.account().returnItems(returned);
    if (kept > 0) {
      LOG.log(
          Level.INFO,
          "{0}: stopped, undelivered items stay on disk items={1}",
          context.name(),
          Long.toString(kept));
    }
    if (returned > 0) {
      LOG.log(
          Level.WARNING,
          "{0}: stopped, undelivered items returned to their receivers items={1}; data that "
              + "cannot be read again, such as scraped samples, is lost",
          context.name(),
          Long.toString(returned));
    }
    Outcome stopping = new Outcome.Unavailable(context.name() + " has stopped", Duration.ZERO);
    acks.forEach(r -> r.complete(stopping));
    try {
      state.storage.close();
      deadLetters.close();
      folderLock.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: {1}", context.name(), e.toString());
    }
  }
}
