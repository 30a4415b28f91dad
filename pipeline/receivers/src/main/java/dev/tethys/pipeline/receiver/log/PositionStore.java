package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.Positions;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Positions of a receiver, kept in a storage extension, or only in memory. */
final class PositionStore {
  /** Save interval. */
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final Context context;
  private final @Nullable Path folder;
  private @Nullable Positions positions;
  private volatile boolean closed;

  PositionStore(@Nullable Reference storage, Context context) {
    this.context = context;
    this.folder =
        storage == null
            ? null
            : context
                .extension(storage, Storage.class)
                .folder("receiver", context.id(), "positions");
  }

  Positions open() throws IOException {
    Path f = folder;
    Positions p =
        new Positions(
            new RealFiles(),
            f == null ? Path.of("/nonexistent/positions.yaml") : f.resolve("positions.yaml"),
            false,
            f == null,
            InstantSource.system());
    positions = p;
    if (f != null) {
      schedule(p);
    }
    return p;
  }

  private void schedule(Positions p) {
    Scheduler c = context.clock();
    c.schedule(
        EVERY,
        () ->
            c.execute(
                "positions " + context.name(),
                () -> {
                  if (!closed) {
                    p.save();
                    schedule(p);
                  }
                }));
  }

  /** Saves positions for the last time; called after all readers have stopped. */
  void close() {
    closed = true;
    Positions p = positions;
    if (p != null && folder != null) {
      p.save();
    }
  }
}
