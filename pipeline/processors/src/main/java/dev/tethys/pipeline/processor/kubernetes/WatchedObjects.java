package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Objects seen by one watch, reported as added, changed and deleted objects. */
final class WatchedObjects<T> implements ResourceWatch.Sink<T> {
  /** Counters of added, changed and deleted objects of a kind, and of failed watches. */
  static final class Counts {
    final LongAdder added = new LongAdder();
    final LongAdder updated = new LongAdder();
    final LongAdder deleted = new LongAdder();
    final LongAdder failed = new LongAdder();
  }

  private final Function<JsonNode, T> reader;
  private final Function<T, String> identity;
  private final BiConsumer<String, T> came;
  private final BiConsumer<String, T> went;
  private final Counts counts;
  private final Runnable synced;
  private final System.Logger log;
  private final Map<String, T> known = new HashMap<>(); // of the thread that watches

  /**
   * @param identity what tells an object from another one that has its name later
   * @param synced run after the first list
   */
  WatchedObjects(
      Function<JsonNode, T> reader,
      Function<T, String> identity,
      BiConsumer<String, T> came,
      BiConsumer<String, T> went,
      Counts counts,
      Runnable synced,
      System.Logger log) {
    this.reader = reader;
    this.identity = identity;
    this.came = came;
    this.went = went;
    this.counts = counts;
    this.synced = synced;
    this.log = log;
  }

  @Override
  public T keep(JsonNode object) {
    return reader.apply(object);
  }

  @Override
  public void replace(Map<String, T> now) {
    for (String key : known.keySet().toArray(String[]::new)) {
      if (!now.containsKey(key)) {
        remove(key);
      }
    }
    now.forEach(this::put);
  }

  @Override
  public void put(String key, T object) {
    T was = known.put(key, object);
    (was == null ? counts.added : counts.updated).increment();
    if (was != null && !identity.apply(was).equals(identity.apply(object))) {
      went.accept(key, was); // made anew while no watch ran
    }
    came.accept(key, object);
  }

  @Override
  public void remove(String key) {
    T was = known.remove(key);
    if (was != null) {
      counts.deleted.increment();
      went.accept(key, was);
    }
  }

  @Override
  public void synced() {
    synced.run();
  }

  @Override
  public void failed(String what, String reason) {
    counts.failed.increment();
    log.log(
        Level.WARNING,
        "cannot {0}, what was known stays, and it is tried again: {1}",
        what,
        reason);
  }
}
