package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.web.kubernetes.ResourceCache;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Counts changes of watched objects and applies them to an index. */
final class WatchedObjects<T> implements ResourceCache.Listener<T> {
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

  /**
   * @param identity distinguishes an object from a later one with the same name
   * @param synced runs after the first list
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
  public T read(JsonNode object) {
    return reader.apply(object);
  }

  @Override
  public void changed(List<ResourceCache.Change<T>> changes) {
    for (ResourceCache.Change<T> c : changes) {
      T was = c.before();
      T now = c.after();
      if (now == null) {
        counts.deleted.increment();
      } else {
        (was == null ? counts.added : counts.updated).increment();
      }
      if (was != null && (now == null || !identity.apply(was).equals(identity.apply(now)))) {
        went.accept(c.key(), was); // gone, or replaced under its name while no watch ran
      }
      if (now != null) {
        came.accept(c.key(), now);
      }
    }
  }

  @Override
  public void synced() {
    synced.run();
  }

  @Override
  public void failed(String what, String reason) {
    counts.failed.increment();
    log.log(Level.WARNING, "Cannot {0}, keeping the known objects and retrying: {1}", what, reason);
  }
}
