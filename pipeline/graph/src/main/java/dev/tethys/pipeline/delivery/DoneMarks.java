package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Files that record which records of segments are done. Guarded by the log's lock; write failures
 * are logged, and records may be repeated after a restart, which is allowed.
 */
final class DoneMarks {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final FileAccess files;

  DoneMarks(FileAccess files) {
    this.files = files;
  }

  /** Applies the marks of a segment, so that readers skip done records. */
  void read(Segment s) throws IOException {
    if (!files.exists(s.doneFile)) {
      return;
    }
    byte[] b = files.read(s.doneFile);
    s.doneFileSize = b.length;
    ByteBuffer in = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = SegmentFormat.HEADER;
        at + SegmentFormat.MARK <= b.length;
        at += SegmentFormat.MARK) {
      long offset = in.getInt(at) & 0xffffffffL;
      if (in.getInt(at + 4) == SegmentFormat.markCrc(s.number, (int) offset)) {
        s.skip.add(offset);
      }
    }
  }

  /** Rewrites the marks found at startup, since only the creator of a file appends marks. */
  void rewrite(Segment s) {
    try {
      Path tmp = s.doneFile.resolveSibling(s.doneFile.getFileName() + ".tmp");
      FileAccess.WritableFile w = files.create(tmp);
      byte[] head = SegmentFormat.doneHeader(s.number);
      w.write(head, 0, head.length);
      for (long offset : s.skip) {
        w.write(SegmentFormat.mark(s.number, (int) offset), 0, SegmentFormat.MARK);
      }
      w.force();
      files.rename(tmp, s.doneFile);
      s.doneWriter = w;
      s.doneFileSize = w.position();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0}: {1}", s.doneFile, e.toString());
    }
  }

  /** Marks the record at an offset as done. */
  void add(Segment s, long offset) {
    try {
      FileAccess.WritableFile w = s.doneWriter;
      if (w == null) {
        w = files.create(s.doneFile);
        s.doneWriter = w;
        byte[] head = SegmentFormat.doneHeader(s.number);
        w.write(head, 0, head.length);
        s.doneFileSize = SegmentFormat.HEADER;
      }
      w.write(SegmentFormat.mark(s.number, (int) offset), 0, SegmentFormat.MARK);
      s.doneFileSize += SegmentFormat.MARK;
    } catch (IOException e) {
      LOG.log(Level.WARNING, "queue on disk: {0}: {1}", s.doneFile, e.toString());
    }
  }
}
