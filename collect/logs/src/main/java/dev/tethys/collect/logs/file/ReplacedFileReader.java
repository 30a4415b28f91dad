package dev.tethys.collect.logs.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Reads files with replaced content. It reads the rest of the old content, from a copy if there is
 * one, then the generations between, then the file from its start or as its {@link Truncation}
 * requires. Runs on the thread of the job, without its lock.
 */
final class ReplacedFileReader {
  private static final System.Logger LOG = JulLogger.of(ReplacedFileReader.class.getName());

  /** Finds generations that have never been read. */
  interface Missed {
    /** Returns related files newer than a copy of a file, oldest first. */
    List<RotatedVersions.SiblingFile> after(TailedFile f, FileStat copy);
  }

  private final FileOptions options;
  private final FileOptions anyCompression;
  private final FileMetrics metrics;
  private final FileReaderContext reading;
  private final Missed missed;

  ReplacedFileReader(
      FileOptions options,
      FileOptions anyCompression,
      FileMetrics metrics,
      FileReaderContext reading,
      Missed missed) {
    this.options = options;
    this.anyCompression = anyCompression;
    this.metrics = metrics;
    this.reading = reading;
    this.missed = missed;
  }

  /**
   * Deals with a file that is found changed.
   *
   * @return whether there is more to read
   * @throws InterruptedException if passing on was interrupted; entries passed on are accounted for
   */
  TailedFile.ReadResult read(TailedFile f) throws IOException, InterruptedException {
    Checkpoint was = f.here();
    Truncation truncation = options.rules().truncation();
    boolean shorter = truncation != Truncation.WHOLE && f.isShorter();
    if (truncation == Truncation.IGNORE && !f.isCompressed()) {
      if (shorter) {
        return TailedFile.ReadResult.END;
      }
      if (f.hasHead()) {
        f.proceed();
        return TailedFile.ReadResult.MORE;
      }
    }
    metrics.generations.with("truncated").inc();
    RotatedVersions.SiblingFile copy =
        RotatedVersions.holding(f.searchFolders(), was, f.id(), options);
    f.past.ended(was);
    if (copy == null) {
      lost(f, was);
    } else {
      recover(f, copy);
      for (RotatedVersions.SiblingFile s : missed.after(f, copy.stat().asCopy())) {
        f.restart();
        recover(f, s);
      }
    }
    f.restart();
    if (shorter) {
      f.passToEnd();
    }
    return TailedFile.ReadResult.MORE;
  }

  private void lost(TailedFile f, Checkpoint was) {
    long unread = f.isCompressed() ? 0 : f.unread();
    metrics.lostBytes.add(unread);
    LOG.log(
        unread > 0 ? Level.WARNING : Level.INFO,
        "{0} was truncated after {1} of its bytes were read, {2} that had been seen were not; it"
            + " is read from its start",
        f.path,
        String.valueOf(was.offset()),
        String.valueOf(unread));
  }

  private void recover(TailedFile f, RotatedVersions.SiblingFile copy) throws InterruptedException {
    try (FileContent content = RotatedVersions.open(copy, anyCompression)) {
      f.readCopy(content, reading);
      metrics.generations.with("recovered").inc();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}, a copy of {1}, cannot be read: {2}", copy.path(), f.path, e);
    }
    // By this the copy is known when it is found.
    f.past.ended(f.here());
    f.addUnsettled(f.here());
  }
}
