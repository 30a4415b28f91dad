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
   * An account outside any ledger.
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

  /** Received; held from now on. */
  public synchronized void take(long items) {
    in += items;
    held += items;
  }

  /** Created here; held from now on. */
  public synchronized void create(long items) {
    created += items;
    held += items;
  }

  /** Found on disk; held from now on. */
  public synchronized void restore(long items) {
    restored += items;
    held += items;
  }

  /** Held until now; passed on or delivered. */
  public synchronized void pass(long items) {
    held -= items;
    out += items;
  }

  /** Held until now; becomes a dead letter. */
  public synchronized void deadLetter(long items) {
    held -= items;
    deadLettered += items;
  }

  /** Previously a dead letter; held from now on, to be sent again. */
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

  /** Held until now; returned to its source. */
  public synchronized void returnItems(long items) {
    held -= items;
    returned += items;
  }

  /** Held until now; left on disk by a component that stops. */
  public synchronized void keep(long items) {
    held -= items;
    kept += items;
  }

  /** Counts items that came in and were forwarded immediately. */
  public synchronized void through(long items) {
    in += items;
    out += items;
  }

  /** Current counts. */
  public synchronized Balance balance() {
    return new Balance(
        in, created, restored, revived, out, held, deadLettered, dropped, returned, kept);
  }
}
