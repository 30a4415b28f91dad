package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.function.Consumer;

/** Recovers segments written by an earlier process. */
final class SegmentRecovery {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final SegmentedLog log;
  private final FileAccess files;
  private final DoneMarks marks;
  private final Consumer<Map<String, String>> found;

  /**
   * Creates the recovery of a log that is being opened.
   *
   * @param found called with the headers of each record that is present and not completed
   */
  SegmentRecovery(
      SegmentedLog log, FileAccess files, DoneMarks marks, Consumer<Map<String, String>> found) {
    this.log = log;
    this.files = files;
    this.marks = marks;
    this.found = found;
  }

  /**
   * Counts the records of a segment, and those that are done.
   *
   * @param last whether it is the last one written, which may be torn: its bodies are checked
   * @return number of skipped corrupt bytes
   */
  long count(Segment s, boolean last) {
    s.sealed = true;
    try {
      s.size = files.size(s.file);
      s.forced = s.size;
      marks.read(s);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0} cannot be read: {1}", s.file, e.toString());
    }
    try {
      SegmentWalk w = new SegmentWalk(log, s, SegmentFormat.HEADER, Long.MAX_VALUE);
      long damaged = 0;
      long at = SegmentFormat.HEADER;
      for (SegmentedLog.ScannedRecord f = w.next(); f != null; f = w.next()) {
        damaged += f.place().offset() - at;
        at = f.place().end();
        if (last && !isBodySound(f)) {
          damaged += at - f.place().offset();
          s.skip.add(f.place().offset());
          continue;
        }
        count(s, f);
      }
      long torn = s.size - Math.max(at, Math.min(s.size, SegmentFormat.HEADER));
      if (damaged > 0 || torn > 0 && !last) {
        damaged += last ? 0 : torn;
        LOG.log(
            Level.WARNING,
            "queue on disk: {0} has {1} damaged bytes, which are skipped",
            s.file,
            damaged);
      }
      return damaged;
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0} cannot be read: {1}", s.file, e.toString());
      return s.size;
    }
  }

  private void count(Segment s, SegmentedLog.ScannedRecord f) {
    s.records++;
    s.items += f.record().items();
    if (s.skip.contains(f.place().offset())) {
      s.doneRecords++;
      s.doneItems += f.record().items();
    } else {
      found.accept(f.record().headers());
    }
  }

  private boolean isBodySound(SegmentedLog.ScannedRecord f) {
    try {
      log.read(f.place());
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
