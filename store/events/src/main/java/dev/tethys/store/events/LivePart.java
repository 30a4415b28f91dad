package dev.tethys.store.events;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Part in use: opened at its first use, closed once it is removed from the manifest and no view
 * holds it.
 *
 * <p>Invariant: {@code uses} counts the views that hold it plus one while it is in the manifest;
 * guarded by this object.
 */
public final class LivePart<P> {
  private static final System.Logger LOG = JulLogger.of(LivePart.class.getName());

  private final FileAccess files;
  private final Path path;
  private final PartEntry entry;
  private final Function<PartFile, P> opener;

  @GuardedBy("this")
  private int uses = 1;

  @GuardedBy("this")
  private boolean deleteFile;

  @GuardedBy("this")
  private @Nullable PartFile file;

  @GuardedBy("this")
  private @Nullable P part;

  @GuardedBy("this")
  private @Nullable String damage;

  LivePart(FileAccess files, Path path, PartEntry entry, Function<PartFile, P> opener) {
    this.files = files;
    this.path = path;
    this.entry = entry;
    this.opener = opener;
  }

  /** Returns the manifest entry. */
  public PartEntry entry() {
    return entry;
  }

  /**
   * Returns the open part.
   *
   * @return null if the file is damaged or absent, which is logged once
   */
  public synchronized @Nullable P get() {
    if (damage != null) {
      return null;
    }
    if (part == null) {
      try {
        PartFile f = new PartFile(files, path, entry);
        file = f;
        part = opener.apply(f);
      } catch (IOException | CorruptionException e) {
        setDamage(e);
      }
    }
    return part;
  }

  @GuardedBy("this")
  private void setDamage(Exception e) {
    damage =
        e instanceof IOException
            ? PartFile.shown(path) + ": " + reason(e)
            : String.valueOf(e.getMessage());
    LOG.log(Level.ERROR, "Part is not readable and is excluded from queries: {0}", damage);
  }

  /** Returns the reason of a failure without the local path. */
  private static String reason(Exception e) {
    if (e instanceof FileSystemException f) {
      return f instanceof NoSuchFileException
          ? "file does not exist"
          : String.valueOf(f.getReason());
    }
    return String.valueOf(e.getMessage());
  }

  /** Notes damage that shows when the part is used, such as to its footer. */
  public synchronized void damaged(CorruptionException e) {
    if (damage == null) {
      setDamage(e);
    }
  }

  /** Returns the cause why the part cannot be read, or null. */
  public synchronized @Nullable String damage() {
    return damage;
  }

  synchronized void retain() {
    uses++;
  }

  /** Ends one use. */
  synchronized void release() {
    if (--uses == 0) {
      PartFile f = file;
      file = null;
      part = null;
      if (f != null) {
        f.close();
      }
      if (deleteFile) {
        try {
          files.delete(path);
        } catch (IOException e) {
          LOG.log(Level.WARNING, "Removed part was not deleted, the next start deletes it", e);
        }
      }
    }
  }

  /** Removes the file after the last use; ends the use of the manifest. */
  synchronized void remove() {
    deleteFile = true;
    release();
  }
}
