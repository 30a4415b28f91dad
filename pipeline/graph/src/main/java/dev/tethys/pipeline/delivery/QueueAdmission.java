package dev.tethys.pipeline.delivery;

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
import org.jspecify.annotations.Nullable;

/**
 * Admission to an outbox: reserves capacity as its policy allows, stores the request, and
 * acknowledges it to its source.
 */
final class QueueAdmission {
  /** Bytes that are taken beyond the size of components that a reload takes out. */
  static final long MOST_BEYOND = 64L << 20;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final String name;
  private final QueueState backlog;
  private final ItemAccounting account;
  private final DeliveryErrorLog complaints;
  private final Scheduler clock;
  private final Dispatcher deliveries;
  private long storing; // bytes that are being written; guarded by the backlog's lock

  QueueAdmission(OutboxContext context, QueueState backlog, Dispatcher deliveries) {
    this.name = context.name();
    this.account = context.account();
    this.complaints = context.complaints();
    this.clock = context.clock();
    this.backlog = backlog;
    this.deliveries = deliveries;
  }

  /**
   * Takes a parcel whose items are accounted for as held.
   *
   * @param mayDropIt whether it may itself be dropped when the queue is full
   * @return null when it waits now; otherwise what to tell the source, accounted for
   */
  @Nullable Outcome take(EncodedRequest request, AckCallback receipt, boolean mayDropIt) {
    Outcome refusal = admit(request, mayDropIt);
    return refusal == null ? store(request, receipt) : refusal;
  }

  /** Makes sure that there is room, and reserves it; null when there is. */
  private @Nullable Outcome admit(EncodedRequest request, boolean mayDropIt) {
    Capacity c = backlog.options.capacity();
    long charge = backlog.storage.charge(request);
    if (charge + backlog.storage.overhead() > c.bytes()) {
      account.returnItems(request.items());
      return new Outcome.Rejected(
          "a request of " + charge + " bytes is larger than the whole queue of " + name,
          request.items());
    }
    List<AckCallback> dropped = new ArrayList<>();
    backlog.lock.lock();
    try {
      while (true) {
        if (backlog.phase != QueueState.Phase.OPEN) {
          return back(request, name + " is stopping");
        }
        if (hasRoom(request, charge)) {
          backlog.beyond = 0;
          reserve(request, charge);
          return null;
        }
        if (backlog.full.noRoom(clock.millis())) {
          LOG.log(
              Level.WARNING,
              "Sending queue filled up component=\"{0}\" policy={1} requests={2} items={3}"
                  + " bytes={4}",
              name,
              backlog.options.whenFull().name().toLowerCase(Locale.ROOT),
              backlog.requests,
              backlog.items,
              backlog.storage.bytes());
        }
        switch (backlog.options.whenFull()) {
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
          if (backlog.beyond + charge > MOST_BEYOND) {
            return back(request, "the queue of " + name + " is full and its source has stopped");
          }
          backlog.beyond += charge;
          reserve(request, charge);
          return null;
        }
        if (backlog.hastened) {
          return back(request, name + " is stopping, and its queue is full");
        }
        awaitRoom();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return back(request, "interrupted while waiting for room");
    } finally {
      backlog.lock.unlock();
      dropped.forEach(r -> r.settle(Outcome.ACCEPTED)); // as configured
    }
  }

  private void reserve(EncodedRequest request, long charge) {
    backlog.requests++;
    backlog.items += request.items();
    backlog.stores++;
    storing += charge;
  }

  private Outcome back(EncodedRequest request, String why) {
    account.returnItems(request.items());
    return new Outcome.Unavailable(why, Duration.ZERO);
  }

  /**
   * Whether there is. A request with more items than the queue may hold has room where nothing else
   * waits: it may be joined of many senders, none of which could repair that.
   */
  private boolean hasRoom(EncodedRequest request, long charge) {
    Capacity c = backlog.options.capacity();
    if (c.items() > 0 && backlog.requests > 0 && backlog.items + request.items() > c.items()
        || c.requests() > 0 && backlog.requests + 1 > c.requests()) {
      return false;
    }
    return fits(charge, c) || backlog.storage.reclaimSpace() && fits(charge, c);
  }

  private boolean fits(long charge, Capacity c) {
    return backlog.storage.bytes() + storing + charge + backlog.storage.overhead() <= c.bytes();
  }

  private void awaitRoom() throws InterruptedException {
    backlog.blocked++;
    List<DrainScope.Exit> sources = DrainScope.exits();
    backlog.full.begin(sources, clock.millis());
    try {
      backlog.room.await();
    } finally {
      backlog.full.end(sources, clock.millis());
      backlog.blocked--;
    }
  }

  /**
   * Makes some room; false when all is being sent.
   *
   * @param receipts gets the receipts of what was dropped
   */
  private boolean dropOldest(List<AckCallback> receipts) {
    QueueStorage.Dropped d = backlog.storage.dropOldest(backlog.jobs.issuedEntry(receipts));
    if (d.requests() == 0) {
      return false;
    }
    backlog.requests -= d.requests();
    backlog.items -= d.items();
    account.drop(Drops.QUEUE_FULL, d.items());
    QueueStorage.Entry memory = d.entry();
    if (memory != null) {
      AckCallback r = backlog.jobs.forget(memory);
      if (r != null) {
        receipts.add(r);
      }
    }
    return true;
  }

  /** Stores a parcel for which room was reserved; null when it waits now. */
  private @Nullable Outcome store(EncodedRequest request, AckCallback receipt) {
    long charge = backlog.storage.charge(request);
    QueueStorage.Entry e = null;
    IOException failure = null;
    try {
      e = backlog.storage.store(request, clock.millis());
    } catch (IOException x) {
      failure = x;
    }
    if (e == null) {
      return notStored(request, charge, "the queue of " + name + " on disk: " + failure);
    }
    e.waits = DrainScope.mayWait();
    boolean early = backlog.storage.isDurable() || backlog.options.acknowledgeQueued();
    try {
      if (early) {
        // Before it can be sent, so that what its source notes of it stands by then.
        receipt.settle(Outcome.ACCEPTED);
      }
    } finally {
      backlog.lock.lock();
      try {
        stored(charge);
        if (!early) {
          backlog.jobs.remember(e, receipt);
        }
        backlog.storage.publish(e);
        deliveries.dispatchReady();
      } finally {
        backlog.lock.unlock();
      }
    }
    return null;
  }

  /** A thread has stored, or has failed to. */
  private void stored(long charge) {
    storing -= charge;
    backlog.stores--;
    backlog.settled.signalAll();
  }

  private Outcome notStored(EncodedRequest request, long charge, String why) {
    backlog.lock.lock();
    try {
      stored(charge);
      backlog.requests--;
      backlog.items -= request.items();
      account.returnItems(request.items());
      complaints.note(why);
      backlog.room.signalAll();
    } finally {
      backlog.lock.unlock();
    }
    return new Outcome.Unavailable(why, Duration.ZERO);
  }
}
