package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.Ulid;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Refuses to open Prometheus data, whose files look like damaged files of Tethys. */
final class ForeignFolder {
  private ForeignFolder() {}

  static void refuse(Path folder, FileAccess files) throws IOException {
    Path found = prometheus(folder, files);
    Path block = found == null ? null : found.getParent();
    if (found != null && block != null && found.endsWith("chunks") && isOwnFormat(folder, files)) {
      throw new StorageException(
          StorageException.Reason.INVALID,
          "among the data in "
              + folder
              + " is a block of Prometheus, "
              + block.getFileName()
              + ". Move it out of the folder, then bring it in with 'tethys tool tsdb import"
              + " prometheus THAT-BLOCK "
              + folder
              + "'; nothing here was changed");
    }
    if (found != null) {
      throw new StorageException(
          StorageException.Reason.INVALID,
          "the folder "
              + folder
              + " holds the data of a Prometheus server (there is "
              + folder.relativize(found)
              + "). It is imported, not opened: choose another folder for --storage.tsdb.path and"
              + " run 'tethys tool tsdb import prometheus "
              + folder
              + " THAT-FOLDER' first; nothing here was changed");
    }
  }

  /** Whether there is a snapshot of the head or a block that only this store makes. */
  private static boolean isOwnFormat(Path folder, FileAccess files) throws IOException {
    if (files.exists(folder.resolve("head"))) {
      return true;
    }
    for (Path p : files.list(folder)) {
      Path chunks = p.resolve("chunks");
      if (Ulid.is(p.getFileName().toString())
          && files.exists(chunks)
          && !files.isDirectory(chunks)) {
        return true;
      }
    }
    return false;
  }

  /** A file or folder that only Prometheus makes; null if there is none. */
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
