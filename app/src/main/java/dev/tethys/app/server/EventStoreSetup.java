package dev.tethys.app.server;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.events.EventStore;
import dev.tethys.store.events.RetentionLimits;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Flags, gauges and log lines that the stores of logs, traces and profiles have in common.
 *
 * @param signal plural in flags and names of metrics, such as {@code traces}
 * @param name of the store in texts, such as {@code trace store}
 * @param opened the store; null until it is open
 */
record EventStoreSetup(
    FlagSet flags, String signal, String name, Supplier<? extends @Nullable EventStore> opened) {
  /** Three stores have two heads each while one of them is written to the disk. */
  private static final int HEADS = 6;

  private static final long MAX_HEAD_BYTES =
      Math.max(4L << 20, MemoryBudget.ofProcess().share(MemoryUse.EVENT_HEADS).max() / HEADS);

  private static final System.Logger LOG = JulLogger.of(EventStoreSetup.class.getName());

  private String flag(String name) {
    return "storage." + signal + "." + name;
  }

  /** Folder of the store; by default below the folder of the storage. */
  Path folder(Path storage) {
    String path = flags.get(flag("path"));
    return path.isEmpty() ? storage.resolve(signal) : Path.of(path);
  }

  /** Options of the engine by the flags for retention and memory. */
  EngineOptions engine() {
    RetentionLimits retention =
        new RetentionLimits(
            Duration.ofMillis(flags.millis(flag("retention.time"))).toNanos(),
            flags.bytes(flag("retention.size")),
            0);
    return EngineOptions.defaults()
        .withHeadBytes(Math.min(flags.bytes(flag("head-size")), MAX_HEAD_BYTES))
        .withRetention(retention);
  }

  void addGauges(Registry registry) {
    String prefix = "tethys_" + signal + "_";
    registry.gauge(
        prefix + "parts", "Number of parts of the " + name + ".", () -> of(EventStore::parts));
    registry.gauge(
        prefix + "part_bytes",
        "Bytes of the parts of the " + name + " on the disk.",
        () -> of(EventStore::partBytes));
    registry.gauge(
        prefix + "unreadable_parts",
        "Parts of the " + name + " that were found damaged and are left out of queries.",
        () -> of(EventStore::unreadableParts));
  }

  /** Counts the memory of the heads in a budget. */
  void addTo(MemoryBudget budget) {
    budget
        .share(MemoryUse.EVENT_HEADS)
        .addMeasured(
            () -> {
              EventStore o = opened.get();
              return o == null ? 0 : o.headBytes();
            });
  }

  void addTo(StoreWatch watch) {
    watch.add(
        signal,
        name,
        () -> {
          EventStore o = opened.get();
          return o == null ? null : o.health();
        });
  }

  private double of(ToDoubleFunction<EventStore> value) {
    EventStore o = opened.get();
    return o == null ? 0 : value.applyAsDouble(o);
  }

  /** Writes what is in memory into parts; false if the store is not open. */
  boolean flush() throws IOException {
    EventStore o = opened.get();
    if (o != null) {
      o.flush();
    }
    return o != null;
  }

  /**
   * Logs that the store is open.
   *
   * @param begin {@link System#nanoTime} before it was opened
   */
  void logOpened(Path folder, long begin) {
    EventStore o = opened.get();
    if (o != null) {
      LOG.log(
          Level.INFO,
          "{0} opened folder={1} tenants={2} part_bytes={3} duration_ms={4}",
          Character.toUpperCase(name.charAt(0)) + name.substring(1),
          folder,
          o.tenants().size(),
          o.partBytes(),
          (System.nanoTime() - begin) / 1_000_000);
    }
  }
}
