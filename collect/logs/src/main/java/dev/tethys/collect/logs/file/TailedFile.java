package dev.tethys.collect.logs.file;

import com.google.re2j.Pattern;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * File read line by line, under any name.
 *
 * <p>Before new bytes are accepted as the continuation of earlier ones, the last {@link
 * Checkpoint#TAIL} bytes of those are read again: a truncated and rewritten file is thus detected
 * regardless of its size. An unterminated line is not kept, but read again.
 *
 * <p>Invariants: the {@link Bookmark} is at the start of a line, or inside one that is too long;
 * every line before it was forwarded exactly once since {@link #progress} began. Reading belongs to
 * the thread of the job; volatile fields may be read by others.
 */
final class TailedFile {
  private static final System.Logger LOG = JulLogger.of(TailedFile.class.getName());

  /** Number of bytes read of a file before others get their turn. */
  static final int TURN = 1 << 20;

  /** Result of one read turn. */
  enum ReadResult {
    /** There are more. */
    MORE,
    /** Everything was read. */
    END,
    /** The file no longer holds the content read from it. */
    CHANGED
  }

  final FileTarget target;
  final String source;
  final String name; // as the label says
  final Progress progress;
  private final Labels labelsOfName;
  private Labels labels; // with data of the file's header

  // Guarded by the job.
  @Nullable TailedFile before; // to be read to its end first
  boolean listed = true; // found by the last look at the target's files
  boolean replaced; // it has moved
  boolean retired; // its target is wanted no more
  long until; // of one that is retired: up to where it is still read
  boolean ended; // read to its end since it was replaced
  boolean followed; // others wait until it is read to its end
  boolean queued;
  boolean locked; // another process holds a lock on it
  long quietSince; // since when nothing came, milliseconds since 1970
  boolean flush; // the rest is a record, although it has no line end
  long restSince; // since when there is no more than that, milliseconds since 1970
  boolean read; // to its end, with nothing left

  final PastContentDigests past;
  volatile Path path;
  volatile Path real; // its last known target

  private volatile FileId id;
  private volatile long size;
  private volatile long modified;
  private volatile long largest; // size seen of its current content
  private volatile boolean shrunk; // its content has been replaced
  private volatile @Nullable String problem; // why it cannot be read
  private volatile boolean compressed;
  private volatile long rest; // bytes behind the last record that has an end
  private volatile int epoch; // which of the contents that it had
  private volatile Checkpoint snapshot; // where it was read to

  private @Nullable TailedFile predecessor; // which reading may not have ended
  private @Nullable FileContent content;
  private @Nullable LineDecoder lines;
  private @Nullable FileHeader header; // null until it is found, or where none is looked for
  private final Bookmark bookmark = new Bookmark();

  /**
   * A file, not yet open.
   *
   * @param name file name of its lines
   * @param progress progress that has not started
   */
  TailedFile(
      FileTarget target, String source, String name, Path path, FileStat stat, Progress progress) {
    this(target, source, name, path, stat, progress, new PastContentDigests());
  }

  private TailedFile(
      FileTarget target,
      String source,
      String name,
      Path path,
      FileStat stat,
      Progress progress,
      PastContentDigests past) {
    this.past = past;
    this.target = target;
    this.source = source;
    this.path = path;
    this.real = path;
    this.name = name;
    this.labelsOfName = target.labels().toBuilder().set("filename", name).build();
    this.labels = labelsOfName;
    this.id = stat.id();
    this.progress = progress;
    updateStat(stat);
    snapshot = progress.delivered();
    bookmark.restore(snapshot);
  }

  /**
   * The same file for another target, which continues after the entries passed on so far, delivered
   * or not: both keep the positions of undelivered ones.
   */
  TailedFile successor(FileTarget other, String otherSource, Path found, FileStat stat) {
    TailedFile f =
        new TailedFile(other, otherSource, found.toString(), found, stat, progress, past);
    // A file that was never scheduled has nothing to wait for.
    f.predecessor = predecessor == null ? this : predecessor;
    f.epoch = epoch;
    return f;
  }

  /** Continues reading after the last turn of its predecessor, which has no other. */
  void resume() {
    TailedFile p = predecessor;
    if (p == null) {
      return;
    }
    predecessor = null;
    bookmark.restore(p.snapshot);
    snapshot = here();
    epoch = p.epoch;
    shrunk = p.shrunk || size < p.size;
    largest = shrunk ? p.largest : Math.max(p.largest, size);
  }

  FileId id() {
    return id;
  }

  SearchFolders searchFolders() {
    return new SearchFolders(path, real);
  }

  /** Updates the file's status; returns true if there may be new data. */
  boolean updateStat(FileStat s) {
    boolean changed = s.size() != size || s.modified() != modified;
    shrunk |= s.size() < size;
    if (!shrunk) {
      largest = Math.max(largest, s.size());
    }
    size = s.size();
    modified = s.modified();
    if (id.createdAt() == FileId.UNKNOWN_BIRTH && s.id().createdAt() != FileId.UNKNOWN_BIRTH) {
      id = s.id();
    }
    return changed;
  }

  long size() {
    return size;
  }

  FileStat stat() {
    FileStat s = new FileStat(id, size, modified, true);
    return compressed ? s.asCopy() : s;
  }

  /** Returns the read offset. */
  long offset() {
    return bookmark.offset();
  }

  boolean isCompressed() {
    return compressed;
  }

  /** Number of bytes after the last terminated record. */
  long rest() {
    return rest;
  }

  /** Returns the checkpoint of the last delivered line. */
  Checkpoint delivered() {
    int e = epoch; // before what was read in it
    return progress.delivered(snapshot, e).of(source, path.toString(), id);
  }

  /** Position of reading, for other threads. */
  Checkpoint last() {
    return snapshot;
  }

  /** Remembers that a copy was read to its end; later processes know it once that is delivered. */
  void addUnsettled(Checkpoint c) {
    past.addUnsettled(c, epoch);
  }

  /** Ends of copies that are delivered by now; each is returned once. */
  List<Checkpoint> deliveredCopies() {
    return past.delivered(progress.deliveredEpoch());
  }

  /** Whether its content matches a checkpoint. */
  boolean holds(Checkpoint c) throws IOException {
    return content != null && content.holds(c);
  }

  /** Continues at the delivered position of an earlier reader. */
  void resume(Checkpoint c) {
    bookmark.restore(c);
    snapshot = here();
    progress.moved(x -> snapshot);
  }

  /** Whether it cannot be read, which was logged. */
  boolean failed() {
    return problem != null;
  }

  /** Whether the last scan found nothing to read in it, and everything is delivered. */
  boolean isDone() {
    return read && !queued && progress.isQuiet();
  }

  /** Whether everything needed was read, since its target was removed. */
  boolean isRead() {
    return retired && bookmark.offset() >= until;
  }

  /** Reason why the file cannot be read; null if it can. */
  @Nullable String problem() {
    return problem;
  }

  boolean isOpen() {
    return content != null;
  }

  /** Opens it, under any name it has by now. */
  void open(FileOptions options) throws IOException {
    FileContent c = RotatedVersions.open(searchFolders(), id, options);
    compressed = c instanceof FileContent.Compressed;
    content = c;
  }

  void close() {
    if (content != null) {
      content.close();
      content = null;
    }
  }

  /** Checkpoint at the position of reading. */
  Checkpoint here() {
    return bookmark.in(source, path.toString(), id, compressed);
  }

  /** Returns the number of bytes truncated before they were read. */
  long unread() {
    return Math.max(0, largest - bookmark.offset());
  }

  /** Starts from the beginning: the file's content was replaced. */
  void restart() {
    largest = size;
    shrunk = false;
    bookmark.restore(Checkpoint.start(source, path.toString(), id, compressed, 0));
    snapshot = here();
    int next = epoch + 1;
    Block start = progress.begin(next);
    epoch = next;
    start.close(0, snapshot);
    lines = null;
    header = null;
  }

  /** Whether it has the same beginning, but ends before the read position. */
  boolean isShorter() throws IOException {
    FileContent c = content;
    return c != null
        && !compressed
        && bookmark.hasHead(c)
        && c.read(Math.max(0, bookmark.offset() - 1), new byte[1], 0, 1) <= 0;
  }

  /**
   * Continues at the last read position, or at its end if that is before, regardless of its content
   * now.
   */
  void proceed() throws IOException {
    FileContent c = content;
    if (c instanceof FileContent.Plain p) {
      passTo(c, Math.min(bookmark.offset(), p.channel().size()));
    }
  }

  /** Continues at its end. */
  void passToEnd() throws IOException {
    FileContent c = content;
    if (c instanceof FileContent.Plain p) {
      passTo(c, p.channel().size());
    }
  }

  private void passTo(FileContent c, long position) throws IOException {
    bookmark.setMidLine(false);
    bookmark.set(c, position);
    snapshot = here();
    // Saved only after the undelivered entries before it.
    progress.begin(epoch).close(0, snapshot);
  }

  /** Finds the content of the header lines; returns false if they are incomplete. */
  private boolean hasHeader(FileContent c, FileReaderContext r, boolean last) throws IOException {
    Pattern first = r.options().rules().header();
    if (first == null || header != null) {
      return true;
    }
    FileHeader h = FileHeader.of(c, r.options().encoding(), first, last);
    if (!h.complete()) {
      rest = h.rest();
      return false;
    }
    header = h;
    labels =
        h.text().isEmpty()
            ? labelsOfName
            : labelsOfName.toBuilder().set(FileRules.HEADER, h.text()).build();
    if (bookmark.offset() < h.end()) {
      passTo(c, h.end());
    }
    return true;
  }

  /** Locks it, if configured. */
  boolean lock() {
    return content != null && content.lock();
  }

  void unlock() {
    if (content != null) {
      content.unlock();
    }
  }

  /** Skips lines, for a position that counts them. */
  void skipLines(long count, FileReaderContext r) throws IOException {
    long remaining = count;
    byte[] buf = new byte[FileReaderContext.READ];
    FileContent c = content;
    if (c == null) {
      return;
    }
    LineDecoder l = lines(c, r);
    long at = 0;
    int n;
    while (remaining > 0 && (n = c.read(at, buf, 0, buf.length)) > 0) {
      int p = 0;
      int e;
      while (remaining > 0 && (e = l.end(buf, p, n)) >= 0) {
        p = e;
        remaining--;
      }
      if (p == 0) {
        break; // a line longer than the window: it is read again
      }
      c.retain(buf, p, n - p);
      at += p;
    }
    bookmark.passed(count - remaining - bookmark.lines());
    bookmark.set(c, at);
    snapshot = here();
    progress.moved(x -> snapshot);
  }

  /** Continues at an offset without any other knowledge. */
  void startAt(long position) throws IOException {
    FileContent c = content;
    if (c != null) {
      bookmark.set(c, position);
      snapshot = here();
      progress.moved(x -> snapshot);
    }
  }

  private LineDecoder lines(FileContent c, FileReaderContext r) throws IOException {
    if (lines == null) {
      byte[] head = new byte[4];
      int n = c.read(0, head, 0, head.length);
      if (n > 0) {
        c.retain(head, 0, n);
      }
      lines = LineDecoder.of(r.options().encoding(), head, n).with(r.options().rules().records());
    }
    return lines;
  }

  /** Whether it starts with the bytes read earlier. */
  boolean hasHead() throws IOException {
    return content != null && bookmark.hasHead(content);
  }

  /**
   * Reads complete lines, for a limited time.
   *
   * @param last whether an unterminated line is a record, too, because no more data will follow
   * @param flush whether it is one because no data arrived for a while, if it may be complete
   * @throws InterruptedException if passing on was interrupted; entries passed on are accounted for
   */
  ReadResult read(FileReaderContext r, boolean last, boolean flush)
      throws IOException, InterruptedException {
    FileContent c = content;
    if (c == null) {
      throw new IllegalStateException(name + " is not open");
    }
    return read(c, r, new Ending(last || flush, last), true);
  }

  /** Reads the rest from a copy of the previous content. */
  void readCopy(FileContent copy, FileReaderContext r) throws IOException, InterruptedException {
    while (read(copy, r, new Ending(true, true), false) == ReadResult.MORE) {
      // until its end
    }
  }

  /**
   * End-of-file handling.
   *
   * @param record whether an unterminated rest is a record
   * @param anyhow whether it is a record regardless of its content, because no more data will
   *     follow
   */
  private record Ending(boolean record, boolean anyhow) {
    boolean takes(byte[] b, int from, int to, FileReaderContext r) {
      return record && (anyhow || r.options().rules().rest().isWhole(b, from, to));
    }
  }

  private ReadResult read(FileContent c, FileReaderContext r, Ending ending, boolean own)
      throws IOException, InterruptedException {
    if (!hasHeader(c, r, ending.record)) {
      return ReadResult.END;
    }
    LineDecoder l = lines(c, r);
    int overlap = bookmark.tailLength();
    long began = bookmark.offset();
    long base = began - overlap;
    int filled = 0;
    int p = overlap;
    int searched = overlap;
    long budget = TURN;
    boolean checked = false;
    ReadResult turn = ReadResult.END;
    while (true) {
      byte[] buf = r.buffer().room(filled);
      int n =
          c.read(base + filled, buf, filled, Math.min(FileReaderContext.READ, buf.length - filled));
      filled += Math.max(n, 0);
      if (!checked) {
        if (filled < overlap && n > 0) {
          continue;
        }
        if (filled < overlap
            || !bookmark.isTail(buf)
            || (c instanceof FileContent.Plain && !bookmark.hasHead(c))) {
          return ReadResult.CHANGED;
        }
        checked = true;
      }
      if (n <= 0) {
        if (p < filled && ending.takes(buf, p, filled, r)) {
          emitLines(buf, base, p, filled, filled, r, l, true);
          p = filled;
        }
        break;
      }
      int end = emitLines(buf, base, p, searched, filled, r, l, false);
      searched = Math.max(filled - l.unit() + 1, end);
      p = end;
      if (filled - p > r.options().maxLine()) {
        p = beginning(buf, base, p, filled, r, l);
        searched = Math.max(filled - l.unit() + 1, p);
      }
      budget -= n;
      if (budget <= 0 && bookmark.offset() > began) {
        turn = ReadResult.MORE;
        break;
      }
      int drop = Math.max(0, p - Checkpoint.TAIL);
      if (drop > 0) {
        System.arraycopy(buf, drop, buf, 0, filled - drop);
        base += drop;
        filled -= drop;
        p -= drop;
        searched -= drop;
      }
    }
    if (own) {
      rest = turn == ReadResult.END ? filled - p : 0;
    }
    byte[] buf = r.buffer().room(0);
    int keep = Math.max(0, p - Checkpoint.TAIL);
    c.retain(buf, keep, filled - keep);
    r.buffer().shrink();
    if (own) {
      bookmark.completeHead(c);
    }
    return turn;
  }

  /**
   * Passes on the lines of a buffer.
   *
   * @param base the buffer's offset in the file
   * @return start of the unfinished line
   */
  private int emitLines(
      byte[] buf,
      long base,
      int from,
      int searched,
      int to,
      FileReaderContext r,
      LineDecoder l,
      boolean last)
      throws InterruptedException {
    int e = last ? to : l.end(buf, from, searched, to);
    if (e < 0) {
      return from;
    }
    int p = from;
    int given = 0;
    int counted = 0;
    Block block = progress.begin(epoch);
    try {
      while (e >= 0) {
        int textFrom = l.textFrom(buf, p, e);
        int textEnd = last ? e : l.textTo(buf, p, e);
        boolean split = false;
        if (bookmark.isMidLine()) {
          bookmark.setMidLine(false); // the rest of a line whose beginning was passed on
        } else {
          if (textEnd - textFrom > r.options().maxLine()) {
            textEnd = l.cut(buf, textFrom, r.options().maxLine());
            split = r.options().rules().splits();
            if (!split) {
              r.metrics().longLines.inc();
            }
          }
          emitEntry(buf, base, p, textFrom, textEnd, counted, r, l, block);
          given++;
        }
        counted++;
        if (split) {
          p = textEnd; // what follows is another record, with the same end
        } else {
          p = e;
          e = last ? -1 : l.end(buf, p, to);
        }
      }
    } finally {
      bookmark.passed(counted);
      if (given > 0) {
        r.metrics().readLines.with(name).add(given);
      }
      moveTo(buf, base, p, r);
      snapshot = here();
      block.close(given, snapshot);
    }
    return p;
  }

  /** Passes an entry on; its record's offset is counted from the records already passed. */
  private void emitEntry(
      byte[] buf,
      long base,
      int p,
      int from,
      int to,
      int behind,
      FileReaderContext r,
      LineDecoder l,
      Block block)
      throws InterruptedException {
    LogEntry entry = entry(buf, from, to, base + from == 0, r, l, block);
    if (r.options().rules().numbered()) {
      entry.setMetadata(place(base + p, bookmark.lines() + behind + 1));
    }
    r.sink().accept(entry);
  }

  /**
   * Passes on the beginning of a line that is too long and has no end yet; the rest is dropped, or
   * passed on in further parts.
   */
  private int beginning(byte[] buf, long base, int from, int to, FileReaderContext r, LineDecoder l)
      throws InterruptedException {
    boolean splits = r.options().rules().splits();
    int max = r.options().maxLine();
    int p = from;
    Block block = progress.begin(epoch);
    int given = 0;
    try {
      if (splits || !bookmark.isMidLine()) {
        do {
          int end = l.cut(buf, p, max);
          emitEntry(buf, base, p, p, end, given, r, l, block);
          given++;
          p = end;
        } while (splits && to - p > max);
        if (!splits) {
          bookmark.setMidLine(true);
          r.metrics().longLines.inc();
        }
      }
      if (!splits) {
        p = from + (to - from) / l.unit() * l.unit();
      }
    } finally {
      if (splits) {
        bookmark.passed(given);
      }
      moveTo(buf, base, p, r);
      snapshot = here();
      block.close(given, snapshot);
    }
    return p;
  }

  private static Labels place(long offset, long number) {
    return Labels.of(
        FileRules.OFFSET, String.valueOf(offset), FileRules.NUMBER, String.valueOf(number));
  }

  private LogEntry entry(
      byte[] buf,
      int from,
      int to,
      boolean first,
      FileReaderContext r,
      LineDecoder l,
      Block block) {
    long time = r.entryClock().next();
    if (l.isUtf8(buf, from, to)) {
      return new LogEntry(labels, time, buf, from, to - from, block);
    }
    return new LogEntry(labels, time, text(buf, from, to, first, r, l), block);
  }

  private String text(
      byte[] buf, int from, int to, boolean first, FileReaderContext r, LineDecoder l) {
    if (!l.isText(buf, from, to)) {
      r.metrics().encodingFailures.with(name).inc();
      LOG.log(Level.DEBUG, "{0}: a line is not valid {1}", name, r.options().encoding());
    }
    return l.text(buf, from, to, first);
  }

  private void moveTo(byte[] buf, long base, int p, FileReaderContext r) {
    bookmark.moveTo(buf, base, p);
    r.metrics().readBytes.with(name).set((double) bookmark.offset());
  }

  /** Logs once that the file cannot be read. */
  void fail(IOException e) {
    if (problem == null) {
      problem = String.valueOf(e);
      LOG.log(Level.WARNING, "{0} cannot be read: {1}", path, e.toString());
    }
  }

  void recovered() {
    problem = null;
  }
}
