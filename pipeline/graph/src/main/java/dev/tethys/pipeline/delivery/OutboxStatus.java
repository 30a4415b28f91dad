package dev.tethys.pipeline.delivery;

import org.jspecify.annotations.Nullable;

/**
 * An outbox at one moment.
 *
 * @param requests that wait or are being sent
 * @param items in them
 * @param bytes that they take of the capacity: of bodies in memory, of files on disk
 * @param capacity in bytes
 * @param oldestMillis how long the oldest has waited; 0 when nothing waits
 * @param inFlight requests under way
 * @param limit requests that may be under way
 * @param pausedMillis for how long nothing is sent because the destination is down or asked for it
 * @param probing whether the destination failed so often that one request at a time goes to see
 * @param retries attempts that were not the first
 * @param deadLetters that are kept
 * @param deadLettersEvicted that made room for others
 * @param damagedBytes of the queue on disk that were passed over
 * @param lastError what the destination said last when it did not take a request, "" for never
 * @param lastErrorMillis when that was, Unix milliseconds
 * @param fullSinceMillis since when it has no room for what comes, Unix milliseconds; 0 when it has
 * @param onDisk the part that continues on disk, although the queue is in memory; null for none
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
   * The part of a queue in memory that continues on disk.
   *
   * @param requests of the queue that are on disk
   * @param items in them
   * @param bytes of all files
   * @param capacityBytes most bytes of them
   * @param sinceMillis when it began, Unix milliseconds
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
   * Whether the destination takes nothing: sending is paused, or failed since the oldest request
   * waits.
   *
   * @param now Unix milliseconds
   */
  public boolean isFailing(long now) {
    return probing
        || pausedMillis > 0
        || requests > 0 && !lastError.isEmpty() && lastErrorMillis >= now - oldestMillis;
  }

  /** Two of one component, as one. */
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
