package dev.tethys.insight.source;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Times up to which a source was read, intervals still to be read, and intervals that are
 * permanently missing. They are kept in a file.
 *
 * <p>Form of the file: lines of UTF-8, the first {@code tethys source marks 1}. {@code mark TIME}
 * is the time up to which samples were read; {@code hole FROM TO KIND} an interval to be read, of
 * kind {@code history} (before the first reading) or {@code outage}; {@code missing FROM TO REASON}
 * one that will not be filled. Times are Unix milliseconds. A file that is damaged is ignored: the
 * samples that it made known are then read again.
 *
 * <p>Not thread-safe.
 */
final class SourceMarks {
  /** Maximum number of missing intervals that are kept; the oldest are removed first. */
  static final int MAX_MISSING = 100;

  /** Maximum number of intervals to be read; the closest ones are joined. */
  static final int MAX_HOLES = 100;

  private static final String HEAD = "tethys source marks 1";
  private static final long MAX_FILE = 1 << 20;
  private static final System.Logger LOG = JulLogger.of(SourceMarks.class.getName());

  /**
   * Interval to be read.
   *
   * @param isHistory true if it is before the first reading, whose lack of samples is not reported
   */
  record Hole(long from, long to, boolean isHistory) {}

  private final FileAccess files;
  private final Path file;
  private final List<Hole> holes = new ArrayList<>(); // newest first, disjoint
  private final List<TimeGap> missing = new ArrayList<>(); // oldest first, disjoint
  private long mark = Long.MIN_VALUE;
  private @Nullable String problem;

  SourceMarks(FileAccess files, Path file) {
    this.files = files;
    this.file = file;
    try {
      if (files.exists(file) && files.size(file) <= MAX_FILE) {
        read(new String(files.read(file), StandardCharsets.UTF_8));
      }
    } catch (IOException | IllegalArgumentException e) {
      holes.clear();
      missing.clear();
      mark = Long.MIN_VALUE;
      LOG.log(
          Level.WARNING,
          "Marks of a source ignored, its samples are read again file={0} error=\"{1}\"",
          file,
          e.getMessage());
    }
  }

  private void read(String text) {
    String[] lines = text.split("\n");
    if (!lines[0].equals(HEAD)) {
      throw new IllegalArgumentException("the first line is not \"" + HEAD + "\"");
    }
    for (int i = 1; i < lines.length; i++) {
      String[] w = lines[i].split(" ", 4);
      if (w[0].equals("mark") && w.length == 2) {
        mark = Long.parseLong(w[1]);
      } else if (w[0].equals("hole") && w.length == 4) {
        addHole(Long.parseLong(w[1]), Long.parseLong(w[2]), w[3].equals("history"));
      } else if (w[0].equals("missing") && w.length == 4) {
        addMissing(Long.parseLong(w[1]), Long.parseLong(w[2]), w[3]);
      } else {
        throw new IllegalArgumentException("line " + (i + 1) + " is not a mark");
      }
    }
  }

  /** Writes the file. A failure becomes {@link #problem}: then samples are read again one day. */
  void write() {
    StringBuilder sb = new StringBuilder(HEAD).append('\n');
    if (mark != Long.MIN_VALUE) {
      sb.append("mark ").append(mark).append('\n');
    }
    for (Hole h : holes) {
      sb.append("hole ").append(h.from).append(' ').append(h.to);
      sb.append(h.isHistory ? " history\n" : " outage\n");
    }
    for (TimeGap m : missing) {
      sb.append("missing ").append(m.from()).append(' ').append(m.to()).append(' ');
      sb.append(m.reason().replaceAll("\\s+", " ")).append('\n');
    }
    try {
      files.replace(file, sb.toString().getBytes(StandardCharsets.UTF_8));
      problem = null;
    } catch (IOException e) {
      problem = "the marks in " + file + " cannot be written: " + IoFailures.describe(e);
    }
  }

  /** Failure of the last {@link #write}; null if it succeeded. */
  @Nullable String problem() {
    return problem;
  }

  /** Time up to which samples were read; {@link Long#MIN_VALUE} before the first reading. */
  long mark() {
    return mark;
  }

  void setMark(long time) {
    mark = time;
  }

  /** Intervals to be read, newest first. */
  List<Hole> holes() {
    return List.copyOf(holes);
  }

  /** Adds an interval to be read; those that it touches are joined with it. */
  void addHole(long from, long to, boolean isHistory) {
    if (from >= to) {
      return;
    }
    long start = from;
    long end = to;
    boolean history = isHistory;
    for (int i = holes.size() - 1; i >= 0; i--) {
      Hole h = holes.get(i);
      if (h.isHistory == isHistory && h.from <= end && start <= h.to) {
        start = Math.min(start, h.from);
        end = Math.max(end, h.to);
        holes.remove(i);
      }
    }
    holes.add(new Hole(start, end, history));
    holes.sort(Comparator.comparingLong(Hole::to).reversed());
    while (holes.size() > MAX_HOLES) {
      joinClosest();
    }
  }

  private void joinClosest() {
    int best = 0;
    for (int i = 1; i + 1 < holes.size(); i++) {
      if (distance(i) < distance(best)) {
        best = i;
      }
    }
    Hole newer = holes.get(best);
    Hole older = holes.remove(best + 1);
    holes.set(
        best,
        new Hole(
            Math.min(older.from, newer.from),
            Math.max(older.to, newer.to),
            older.isHistory && newer.isHistory));
  }

  private long distance(int i) {
    return holes.get(i).from - holes.get(i + 1).to;
  }

  /** Removes an interval from those to be read. */
  void fill(long from, long to) {
    List<Hole> next = new ArrayList<>();
    for (Hole h : holes) {
      if (h.to <= from || to <= h.from) {
        next.add(h);
        continue;
      }
      if (to < h.to) {
        next.add(new Hole(to, h.to, h.isHistory));
      }
      if (h.from < from) {
        next.add(new Hole(h.from, from, h.isHistory));
      }
    }
    holes.clear();
    holes.addAll(next);
    holes.sort(Comparator.comparingLong(Hole::to).reversed());
  }

  /** Returns the intervals that will not be filled, oldest first. */
  List<TimeGap> missing() {
    return List.copyOf(missing);
  }

  /** Adds an interval that will not be filled. */
  void addMissing(long from, long to, String reason) {
    if (from >= to) {
      return;
    }
    long start = from;
    long end = to;
    for (int i = missing.size() - 1; i >= 0; i--) {
      TimeGap m = missing.get(i);
      if (m.reason().equals(reason) && m.from() <= end && start <= m.to()) {
        start = Math.min(start, m.from());
        end = Math.max(end, m.to());
        missing.remove(i);
      }
    }
    missing.add(new TimeGap(start, end, reason));
    missing.sort(Comparator.comparingLong(TimeGap::from));
    while (missing.size() > MAX_MISSING) {
      missing.removeFirst();
    }
  }

  /** Removes missing intervals that end before a time. */
  void forgetMissingBefore(long time) {
    missing.removeIf(m -> m.to() < time);
  }
}
