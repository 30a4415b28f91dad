package dev.tethys.pipeline.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of one outbox, in files of a {@link SegmentedLog}. Bounded in bytes: the oldest file
 * is deleted for new letters, which is counted.
 */
final class DeadLetters implements Closeable {
  /** Maximum length of a stored reason, in characters. */
  static final int MAX_REASON = 4096;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final SegmentedLog log;
  private final long maxBytes;

  @GuardedBy("this")
  private long letters;

  @GuardedBy("this")
  private long evicted;

  DeadLetters(FileAccess files, Path folder, long maxBytes) throws IOException {
    this.log = new SegmentedLog(files, folder, maxBytes, true, headers -> {});
    this.maxBytes = maxBytes;
    this.letters = log.open().records();
  }

  /**
   * Keeps a letter; it is on disk when this returns.
   *
   * @throws IOException if it is not
   */
  synchronized void add(EncodedRequest p, long millis, int attempts, String reason)
      throws IOException {
    String why = reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON);
    long size = StoredRequest.size(p, why) + SegmentedLog.HEADER;
    if (size > maxBytes) {
      throw new IOException(
          "a dead letter of " + size + " bytes is larger than their store of " + maxBytes);
    }
    while (log.bytes() + size > maxBytes) {
      List<Segment> all = log.segments();
      if (all.isEmpty()) {
        break;
      }
      log.sealNow(all.getFirst());
      SegmentedLog.Remaining left = log.drop(all.getFirst());
      evicted += left.records();
      letters -= left.records();
      LOG.log(
          Level.WARNING,
          "the store of dead letters is full: its {0} oldest were dropped",
          left.records());
    }
    log.force(log.append(StoredRequest.of(p, millis, attempts, why), p.body()));
    letters++;
  }

  /** Returns dead letters, oldest first, up to {@code most}. */
  synchronized List<DeadLetter> list(int most) throws IOException {
    List<DeadLetter> out = new ArrayList<>();
    for (SegmentedLog.ScannedRecord f : found()) {
      if (out.size() >= most) {
        break;
      }
      StoredRequest r = f.record();
      out.add(
          new DeadLetter(
              id(f.place()),
              r.signal(),
              r.items(),
              f.place().end() - f.place().offset() - StoredRequest.PREFIX - f.headLength(),
              r.millis(),
              r.attempts(),
              r.reason(),
              r.headers()));
    }
    return out;
  }

  private List<SegmentedLog.ScannedRecord> found() throws IOException {
    List<SegmentedLog.ScannedRecord> out = new ArrayList<>();
    for (Segment s : log.segments()) {
      SegmentWalk w = new SegmentWalk(log, s, SegmentedLog.HEADER, Long.MAX_VALUE);
      for (SegmentedLog.ScannedRecord f = w.next(); f != null; f = w.next()) {
        if (!log.isSkipped(f.place())) {
          out.add(f);
        }
      }
    }
    return out;
  }

  private static String id(SegmentedLog.LogPosition p) {
    return p.segment().number + "-" + p.offset();
  }

  private SegmentedLog.@Nullable ScannedRecord find(String id) throws IOException {
    int dash = id.indexOf('-');
    try {
      long number = Long.parseLong(id.substring(0, Math.max(dash, 0)));
      long offset = Long.parseLong(id.substring(dash + 1));
      for (Segment s : log.segments()) {
        if (s.number == number && offset >= SegmentedLog.HEADER) {
          SegmentedLog.ScannedRecord f = new SegmentWalk(log, s, offset, Long.MAX_VALUE).next();
          return f != null && f.place().offset() == offset && !log.isSkipped(f.place()) ? f : null;
        }
      }
    } catch (NumberFormatException e) {
      // not an id of this log
    }
    return null;
  }

  /** Reads the request of a dead letter. */
  synchronized Optional<EncodedRequest> read(String id) throws IOException {
    SegmentedLog.ScannedRecord f = find(id);
    return f == null ? Optional.empty() : Optional.of(log.read(f.place()));
  }

  /** Removes a dead letter. */
  synchronized void remove(String id) throws IOException {
    SegmentedLog.ScannedRecord f = find(id);
    if (f != null) {
      log.skip(f.place(), f.record().items());
      log.reclaimSpace();
      letters--;
    }
  }

  synchronized long count() {
    return letters;
  }

  /** Returns the number of evicted dead letters. */
  synchronized long evicted() {
    return evicted;
  }

  @Override
  public void close() {
    log.close();
  }
}
