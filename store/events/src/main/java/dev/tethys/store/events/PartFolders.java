package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Part files of all tenants as they are on disk. */
final class PartFolders {
  private static final System.Logger LOG = JulLogger.of(PartFolders.class.getName());

  private PartFolders() {}

  /** Fails if there are parts: a store without a manifest has none. */
  static void requireNoParts(FileAccess files, Path tenants) throws IOException {
    for (Path folder : files.list(tenants)) {
      for (Path p : files.list(folder)) {
        if (PartFormat.id(p.getFileName().toString()) >= 0) {
          throw new CorruptionException(
              p
                  + ": there is no manifest for this part; restore the manifest from a backup, or"
                  + " move the folder away");
        }
      }
    }
  }

  /** Deletes files that no manifest lists: of flushes and merges that did not end. */
  static void deleteOrphans(FileAccess files, Path tenants, Manifest manifest) throws IOException {
    Set<Path> listed = new HashSet<>();
    for (PartEntry e : manifest.parts()) {
      listed.add(PartSink.path(tenants, e.tenant(), e.id()));
    }
    for (Path folder : files.list(tenants)) {
      for (Path p : files.list(folder)) {
        if (PartFormat.id(p.getFileName().toString()) >= 0 && !listed.contains(p)) {
          files.delete(p);
        }
      }
    }
  }

  static void deleteQuietly(FileAccess files, List<Path> paths) {
    for (Path p : paths) {
      try {
        files.delete(p);
      } catch (IOException e) {
        LOG.log(Level.WARNING, "Unfinished part was not deleted, the next start deletes it", e);
      }
    }
  }
}
