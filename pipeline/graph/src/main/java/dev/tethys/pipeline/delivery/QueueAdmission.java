package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Admission to an outbox: reserves capacity as its policy allows, stores the request, and
 * acknowledges it to its source.
 */
final class QueueAdmission {
  /** Maximum bytes accepted beyond the queue's size from components removed by a reload. */
  static final long MOST_BEYOND = 64L << 20;

  /** Divisor of the capacity reserved for requests already admitted. */
  private static final int RESERVE = 20;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final String name;
  private final QueueState state;
  private final ItemAccounting account;
  private final DeliveryErrorLog errorLog;
  private final Scheduler clock;
  private final Dispatcher dispatcher;
  private final Supplier<Neighbours> neighbours;

  @GuardedBy("state.lock")
  private long storing; // bytes that are being written

  QueueAdmission(OutboxContext context, QueueState state, Dispatcher dispatcher) {
    this.name = context.name();
    this.account = context.account();
    this.errorLog = context.errorLog();
    this.clock = context.clock();
    this.neighbours = context.neighbours();
    this.state = state;
    this.dispatcher = dispatcher;
  }

  /**
   * Adds a request whose items are accounted as held.
   *
   * @param mayDropIt whether it may be dropped itself if the queue is full
   * @return null if it was queued; otherwise the outcome for the source, already accounted
   */
  @Nullable Outcome take(EncodedRequest request, AckCallback ack, boolean mayDropIt) {
    Outcome refusal = admit(request, mayDropIt);
    return refusal == null ? store(request, ack) : refusal;
  }

  /** Reserves space; returns null if there is not enough. */
  private @Nullable Outcome admit(EncodedRequest request, boolean mayDropIt) {
    Capacity c = state.options.capacity();
    long charge = state.storage.charge(request);
    if (charge + state.storage.overhead() > c.bytes()) {
      account.returnItems(request.items());
      return new Outcome.Rejected(
          "a request of " + charge + " bytes is larger than the whole queue of " + name,
          request.items());
    }
    List<AckCallback> dropped = new ArrayList<>();
    state.lock.lock();
    try {
      while (true) {
        if (state.phase != QueueState.Phase.OPEN) {
          return back(request, name + " is stopping");
        }
        if (hasRoom(request, charge)) {
          state.beyond = 0;
          reserve(request, charge);
          return null;
        }
        if (state.overflow != null && state.overflow.makesRoom(DrainScope.mayWait())) {
          awaitRoom();
          continue;
        }
        if (state.full.noRoom(clock.millis())) {
          LOG.log(
              Level.WARNING,
              "Sending queue filled up component=\"{0}\" policy={1} requests={2} items={3}"
                  + " bytes={4}",
              name,
              state.options.whenFull().name().toLowerCase(Locale.ROOT),
              state.requests,
              state.items,
              state.storage.bytes());
        }
        switch (state.options.whenFull()) {
          case AUTO -> {
            if (!DrainScope.mayWait()) {
              return back(request, "the queue of " + name + " is full");
            }
          }
          case REFUSE -> {
            return back(request, "the queue of " + name + " is full");
          }
          case DROP_NEWEST -> {
            if (mayDropIt) {
              account.drop(Drops.QUEUE_FULL, request.items());
              return Outcome.ACCEPTED;
            }
            return back(request, "the queue of " + name + " is full");
          }
          case DROP_OLDEST -> {
            if (dropOldest(dropped)) {
              continue;
            }
          }
          case BLOCK -> {}
        }
        if (DrainScope.isClosing()) {
          if (state.beyond + charge > MOST_BEYOND) {
            return back(request, "the queue of " + name + " is full and its source has stopped");
          }
          state.beyond += charge;
          reserve(request, charge);
          return null;
        }
        if (state.hastened) {
          return back(request, name + " is stopping, and its queue is full");
        }
        awaitRoom();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return back(request, "interrupted while waiting for room");
    } finally {
      state.lock.unlock();
      dropped.forEach(r -> r.complete(Outcome.ACCEPTED)); // as configured
    }
  }

  @GuardedBy("state.lock")
  private void reserve(EncodedRequest request, long charge) {
    state.requests++;
    state.items += request.items();
    state.stores++;
    storing += charge;
  }

  /** Whether the remaining room is reserved for admitted requests. */
  @GuardedBy("state.lock")
  private boolean isNearlyFull() {
    Capacity c = state.options.capacity();
    QueueStorage.Dropped saved = state.storage.saved();
    return c.requests() > 0 && state.requests - saved.requests() >= nearly(c.requests())
        || c.items() > 0 && state.items - saved.items() >= nearly(c.items())
        || state.storage.bytes() + storing >= nearly(c.bytes());
  }

  /** Returns most of a capacity: the part used while requests are still being added. */
  static long nearly(long capacity) {
    return Math.max(1, capacity - capacity / RESERVE);
  }

  /** Implements {@link Outbox#isRefusing}. */
  boolean isRefusing() {
    state.lock.lock();
    try {
      OutboxOptions.WhenFull w = state.options.whenFull();
      if (w != OutboxOptions.WhenFull.AUTO && w != OutboxOptions.WhenFull.REFUSE) {
        return false;
      }
      if (isAcknowledgedLate()) {
        return true;
      }
      if (!isNearlyFull() || state.overflow != null && state.overflow.makesRoom(false)) {
        return false;
      }
      return state.full.isFull() || dispatcher.isFailing();
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Whether requests wait for a failing destination in memory, where a further one would wait
   * unacknowledged until its source repeats it to all destinations.
   */
  private boolean isAcknowledgedLate() {
    if (state.storage.isDurable() || state.options.acknowledgeQueued()) {
      return false;
    }
    Overflow o = state.overflow;
    if (o != null && o.isActive()) {
      o.makesRoom(false);
      return o.isWithoutRoom();
    }
    if (o != null && o.mayBegin() && !o.isWithoutRoom()) {
      return false;
    }
    QueueStorage.Entry oldest = state.jobs.oldest();
    return oldest != null
        && clock.millis() - oldest.millis >= Overflow.PATIENCE.toMillis()
        && dispatcher.isFailing();
  }

  private Outcome back(EncodedRequest request, String why) {
    account.returnItems(request.items());
    return new Outcome.Unavailable(why, Duration.ZERO);
  }

  /**
   * Whether there is space. A request with more items than the limit fits into an empty queue: it
   * may be merged from many senders, none of which could fix that.
   */
  @GuardedBy("state.lock")
  private boolean hasRoom(EncodedRequest request, long charge) {
    Capacity c = state.options.capacity();
    QueueStorage.Dropped saved = state.storage.saved();
    long requests = state.requests - saved.requests();
    long items = state.items - saved.items();
    if (c.items() > 0 && requests > 0 && items + request.items() > c.items()
        || c.requests() > 0 && requests + 1 > c.requests()) {
      return false;
    }
    if (requests > 0 && isTooFarBehind(items + request.items())) {
      return false;
    }
    return fits(charge, c) || state.storage.reclaimSpace() && fits(charge, c);
  }

  /**
   * Whether a source that can wait must wait although the queue has space: after a crash it would
   * repeat the queued items to destinations that have them.
   */
  private boolean isTooFarBehind(long items) {
    OutboxOptions o = state.options;
    return o.maxBehind() > 0
        && items > o.maxBehind()
        && (o.whenFull() == OutboxOptions.WhenFull.AUTO
            || o.whenFull() == OutboxOptions.WhenFull.BLOCK)
        && !o.acknowledgeQueued()
        && !state.storage.isDurable()
        && neighbours.get() == Neighbours.SAME_ITEMS
        && DrainScope.mayWait();
  }

  @GuardedBy("state.lock")
  private boolean fits(long charge, Capacity c) {
    return state.storage.bytes() + storing + charge + state.storage.overhead() <= c.bytes();
  }

  private void awaitRoom() throws InterruptedException {
    state.blocked++;
    List<DrainScope.Exit> sources = DrainScope.exits();
    state.full.begin(sources, clock.millis());
    try {
      state.room.await();
    } finally {
      state.full.end(sources, clock.millis());
      state.blocked--;
    }
  }

  /**
   * Frees some space; returns false if everything is in flight.
   *
   * @param acks receives the callbacks of dropped requests
   */
  private boolean dropOldest(List<AckCallback> acks) {
    QueueStorage.Dropped d = state.storage.dropOldest(state.jobs.issuedEntry(acks));
    if (d.requests() == 0) {
      return false;
    }
    state.requests -= d.requests();
    state.items -= d.items();
    account.drop(Drops.QUEUE_FULL, d.items());
    QueueStorage.Entry memory = d.entry();
    if (memory != null) {
      AckCallback r = state.jobs.forget(memory);
      if (r != null) {
        acks.add(r);
      }
    }
    return true;
  }

  /** Stores a request with reserved space; returns null if it was queued. */
  private @Nullable Outcome store(EncodedRequest request, AckCallback ack) {
    long charge = state.storage.charge(request);
    QueueStorage.Entry e = null;
    IOException failure = null;
    try {
      e = state.storage.store(request, clock.millis());
    } catch (IOException x) {
      failure = x;
    }
    if (e == null) {
      return notStored(request, charge, "the queue of " + name + " on disk: " + failure);
    }
    e.waits = DrainScope.mayWait();
    boolean early = state.storage.isDurable() || state.options.acknowledgeQueued();
    try {
      if (early) {
        // Before it can be sent, so that the source's own record is complete by then.
        ack.complete(Outcome.ACCEPTED);
      }
    } finally {
      state.lock.lock();
      try {
        stored(charge);
        if (!early) {
          state.jobs.remember(e, ack);
        }
        state.storage.publish(e);
        dispatcher.dispatchReady();
        if (state.overflow != null) {
          state.overflow.stored();
        }
      } finally {
        state.lock.unlock();
      }
    }
    return null;
  }

  /** Records that a thread has stored a request, or failed to. */
  @GuardedBy("state.lock")
  private void stored(long charge) {
    storing -= charge;
    state.stores--;
    state.settled.signalAll();
  }

  private Outcome notStored(EncodedRequest request, long charge, String why) {
    state.lock.lock();
    try {
      stored(charge);
      state.requests--;
      state.items -= request.items();
      account.returnItems(request.items());
      errorLog.note(why);
      state.room.signalAll();
    } finally {
      state.lock.unlock();
    }
    return new Outcome.Unavailable(why, Duration.ZERO);
  }
}
