package dev.tethys.pipeline.processor.control;

import dev.tethys.pipeline.Signal;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Numbers of items matched, dropped and changed by a control, by signal. Thread-safe. */
final class ControlCounts {
  private static final int SIGNALS = Signal.values().length;

  final ControlAction action;
  final long startMillis; // of the control
  private final AtomicLongArray matched = new AtomicLongArray(SIGNALS);
  private final AtomicLongArray dropped = new AtomicLongArray(SIGNALS);
  private final AtomicLongArray changed = new AtomicLongArray(SIGNALS);
  private final LongAdder removedBytes = new LongAdder();

  ControlCounts(ControlAction action, long startMillis) {
    this.action = action;
    this.startMillis = startMillis;
  }

  void add(Signal s, long matchedItems, long droppedItems) {
    if (matchedItems != 0) {
      matched.addAndGet(s.ordinal(), matchedItems);
      dropped.addAndGet(s.ordinal(), droppedItems);
    }
  }

  void addChanged(Signal s, long items) {
    changed.addAndGet(s.ordinal(), items);
  }

  void addRemovedBytes(long bytes) {
    removedBytes.add(bytes);
  }

  /** Bytes of items that were dropped or moved. */
  long removedBytes() {
    return removedBytes.sum();
  }

  void addAll(ControlCounts other) {
    removedBytes.add(other.removedBytes());
    for (Signal s : Signal.values()) {
      add(s, other.matched(s), other.dropped(s));
      addChanged(s, other.changed(s));
    }
  }

  long matched(Signal s) {
    return matched.get(s.ordinal());
  }

  long dropped(Signal s) {
    return dropped.get(s.ordinal());
  }

  long changed(Signal s) {
    return changed.get(s.ordinal());
  }

  long changed() {
    long n = 0;
    for (Signal s : Signal.values()) {
      n += changed(s);
    }
    return n;
  }

  long matched() {
    long n = 0;
    for (Signal s : Signal.values()) {
      n += matched(s);
    }
    return n;
  }

  long dropped() {
    long n = 0;
    for (Signal s : Signal.values()) {
      n += dropped(s);
    }
    return n;
  }
}
