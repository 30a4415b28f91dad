package dev.tethys.pipeline.delivery;

import org.jspecify.annotations.Nullable;

/**
 * State of an outbox at one moment.
 *
 * @param requests number of requests waiting or being sent
 * @param items items in those requests
 * @param bytes used capacity in bytes: bodies in memory or files on disk
 * @param capacity capacity of the queue
 * @param oldestMillis age of the oldest request; 0 if there is none
 * @param inFlight requests in flight
 * @param limit maximum requests in flight
 * @param pausedMillis remaining pause because the destination is down or requested it
 * @param probing whether only a single probe request is sent after repeated failures
 * @param retries attempts after the first ones
 * @param deadLetters stored dead letters
 * @param deadLettersEvicted evicted dead letters
 * @param damagedBytes skipped corrupt bytes of the queue on disk
 * @param lastError last rejection by the destination, "" for none
 * @param lastErrorMillis its time, Unix milliseconds
 * @param fullSinceMillis time since which the queue is full, Unix milliseconds; 0 if it has space
 * @param onDisk part of a memory queue that continues on disk; null if none
 */
public record OutboxStatus(
    long requests,
    long items,
    long bytes,
    OutboxOptions.Capacity capacity,
    long oldestMillis,
    int inFlight,
    int limit,
    long pausedMillis,
    boolean probing,
    long retries,
    long deadLetters,
    long deadLettersEvicted,
    long damagedBytes,
    String lastError,
    long lastErrorMillis,
    long fullSinceMillis,
    @Nullable OnDisk onDisk) {
  /**
   * Part of a memory queue that continues on disk.
   *
   * @param requests requests on disk
   * @param items items in those requests
   * @param bytes total size of the files
   * @param capacityBytes maximum size
   * @param sinceMillis start time, Unix milliseconds
   */
  public record OnDisk(
      long requests, long items, long bytes, long capacityBytes, long sinceMillis) {
    private static @Nullable OnDisk plus(@Nullable OnDisk a, @Nullable OnDisk b) {
      return a == null
          ? b
          : b == null
              ? a
              : new OnDisk(
                  a.requests + b.requests,
                  a.items + b.items,
                  a.bytes + b.bytes,
                  a.capacityBytes + b.capacityBytes,
                  Math.min(a.sinceMillis, b.sinceMillis));
    }
  }

  /**
   * Whether the destination accepts nothing: sending is paused, or has failed since the oldest
   * request arrived.
   *
   * @param now Unix milliseconds
   */
  public boolean isFailing(long now) {
    return probing
        || pausedMillis > 0
        || requests > 0 && !lastError.isEmpty() && lastErrorMillis >= now - oldestMillis;
  }

  /** Returns the combined state of two outboxes of one component. */
  public OutboxStatus plus(OutboxStatus o) {
    boolean later = o.lastErrorMillis > lastErrorMillis;
    return new OutboxStatus(
        requests + o.requests,
        items + o.items,
        bytes + o.bytes,
        new OutboxOptions.Capacity(
            capacity.bytes() + o.capacity.bytes(),
            capacity.items() + o.capacity.items(),
            capacity.requests() + o.capacity.requests()),
        Math.max(oldestMillis, o.oldestMillis),
        inFlight + o.inFlight,
        limit + o.limit,
        Math.max(pausedMillis, o.pausedMillis),
        probing || o.probing,
        retries + o.retries,
        deadLetters + o.deadLetters,
        deadLettersEvicted + o.deadLettersEvicted,
        damagedBytes + o.damagedBytes,
        later ? o.lastError : lastError,
        Math.max(lastErrorMillis, o.lastErrorMillis),
        fullSinceMillis == 0 || o.fullSinceMillis == 0
            ? Math.max(fullSinceMillis, o.fullSinceMillis)
            : Math.min(fullSinceMillis, o.fullSinceMillis),
        OnDisk.plus(onDisk, o.onDisk));
  }
}
