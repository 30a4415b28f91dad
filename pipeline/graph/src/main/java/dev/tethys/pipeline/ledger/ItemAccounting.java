package dev.tethys.pipeline.ledger;

import dev.tethys.pipeline.Signal;
import java.util.Map;
import java.util.TreeMap;

/**
 * Item counters of one component and signal. Each method moves items between counters under one
 * lock, so a {@link #balance} always adds up. Items arrive, or are created or restored here; they
 * are then held until they leave.
 */
public final class ItemAccounting {
  private final String kind;
  private final String component;
  private final Signal signal;
  private long in;
  private long created;
  private long restored;
  private long out;
  private long held;
  private long deadLettered;
  private long returned;
  private long revived;
  private long kept;
  private final Map<String, Long> dropped = new TreeMap<>();

  /**
   * Creates an account outside any ledger.
   *
   * @param kind {@code receiver}, {@code processor}, {@code exporter}, {@code connector}
   * @param component its id, for a processor with its pipeline
   */
  public ItemAccounting(String kind, String component, Signal signal) {
    this.kind = kind;
    this.component = component;
    this.signal = signal;
  }

  public String kind() {
    return kind;
  }

  public String component() {
    return component;
  }

  public Signal signal() {
    return signal;
  }

  /** Counts items received and held from now on. */
  public synchronized void take(long items) {
    in += items;
    held += items;
  }

  /** Counts items created here and held from now on. */
  public synchronized void create(long items) {
    created += items;
    held += items;
  }

  /** Counts items found on disk and held from now on. */
  public synchronized void restore(long items) {
    restored += items;
    held += items;
  }

  /** Counts held items as passed on or delivered. */
  public synchronized void pass(long items) {
    held -= items;
    out += items;
  }

  /** Counts held items as dead letters. */
  public synchronized void deadLetter(long items) {
    held -= items;
    deadLettered += items;
  }

  /** Counts dead letters as held again, to be resent. */
  public synchronized void revive(long items) {
    revived += items;
    held += items;
  }

  /**
   * Drops held items.
   *
   * @param reason one of a few fixed words, never external text: it becomes a label
   */
  public synchronized void drop(String reason, long items) {
    if (items != 0) {
      held -= items;
      dropped.merge(reason, items, Long::sum);
    }
  }

  /** Counts the items of a reason under another from now on, so that reasons stay few. */
  public synchronized void foldDropped(String reason, String into) {
    Long n = dropped.remove(reason);
    if (n != null) {
      dropped.merge(into, n, Long::sum);
    }
  }

  /** Counts held items as returned to their source. */
  public synchronized void returnItems(long items) {
    held -= items;
    returned += items;
  }

  /** Counts held items as left on disk by a component that stops. */
  public synchronized void keep(long items) {
    held -= items;
    kept += items;
  }

  /** Counts items that came in and were forwarded immediately. */
  public synchronized void through(long items) {
    in += items;
    out += items;
  }

  /** Returns the current counts. */
  public synchronized Balance balance() {
    return new Balance(
        in, created, restored, revived, out, held, deadLettered, dropped, returned, kept);
  }
}
