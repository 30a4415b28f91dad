package dev.tethys.store.metrics;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.Ulid;
import dev.tethys.store.metrics.internal.file.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Refuses to open what Prometheus wrote: its files look like damaged ones of ours. */
final class ForeignFolder {
  private ForeignFolder() {}

  static void refuse(Path folder, FileAccess files) throws IOException {
    Path found = prometheus(folder, files);
    if (found != null) {
      throw new StorageException(
          StorageException.Reason.INVALID,
          "the folder "
              + folder
              + " holds the data of a Prometheus server (there is "
              + folder.relativize(found)
              + "). It is imported, not opened: choose another folder for --storage.tsdb.path and run"
              + " 'tethys tool tsdb import prometheus "
              + folder
              + " THAT-FOLDER' first; nothing here was changed");
    }
  }

  /** A file or folder that only Prometheus makes; null when there is none. */
  private static @Nullable Path prometheus(Path folder, FileAccess files) throws IOException {
    Path head = folder.resolve("chunks_head");
    if (files.exists(head)) {
      return head;
    }
    for (Path p : files.list(folder.resolve("wal"))) {
      if (p.getFileName().toString().startsWith("checkpoint.")) {
        return p;
      }
    }
    for (Path p : files.list(folder)) {
      // Our chunks are one file.
      Path chunks = p.resolve("chunks");
      if (Ulid.is(p.getFileName().toString()) && files.isDirectory(chunks)) {
        return chunks;
      }
    }
    return null;
  }
}
