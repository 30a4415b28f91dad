package dev.tethys.collect.logs.journal;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of all journal files in a set of folders, in order. New files of journald are
 * detected, renamed files are read further, and deleted files are read to their end. Not
 * thread-safe.
 */
public final class JournalReader implements AutoCloseable {
  /** Maximum number of open files; journald keeps 100 by default. */
  static final int MAX_FILES = 1000;

  private static final System.Logger LOG = JulLogger.of(JournalReader.class.getName());

  private final JournalPlaces places;
  private final Map<String, JournalFile> files = new HashMap<>(); // by their ids
  private final Map<String, @Nullable Cursor> heads = new HashMap<>();
  private final Set<String> refused = new HashSet<>(); // said once
  private final LongSupplier oldest;
  private @Nullable Cursor last; // of what was taken

  /**
   * Reads the entries after a cursor.
   *
   * @param after null for all entries
   * @param oldest entries before it are skipped, microseconds since 1970
   */
  public JournalReader(JournalPlaces places, @Nullable Cursor after, LongSupplier oldest) {
    this.places = places;
    this.oldest = oldest;
    this.last = after;
  }

  /** Lists the existing files. */
  public void scan() {
    Set<String> there = new HashSet<>();
    places.visit(
        new JournalPlaces.Visitor() {
          @Override
          public void file(Path file) {
            found(file, there);
          }

          @Override
          public void unreadable(Path folder, Exception cause) {
            if (refused.add(folder.toString())) {
              LOG.log(Level.DEBUG, "{0} cannot be listed: {1}", folder, cause.toString());
            }
          }
        });
    // A deleted file is read to its end first.
    for (String id : List.copyOf(files.keySet())) {
      JournalFile f = files.get(id);
      if (f != null && !there.contains(id) && isAtEnd(f)) {
        forget(f);
      }
    }
  }

  private boolean isAtEnd(JournalFile f) {
    try {
      return f.peek() == null;
    } catch (IOException e) {
      return true;
    }
  }

  private void forget(JournalFile f) {
    files.remove(f.id());
    heads.remove(f.id());
    f.close();
  }

  private void found(Path p, Set<String> there) {
    try {
      JournalFile f = JournalFile.open(p);
      there.add(f.id());
      if (files.containsKey(f.id())) {
        f.close();
        return;
      }
      if (files.size() >= MAX_FILES) {
        f.close();
        throw new IOException("more than " + MAX_FILES + " journal files");
      }
      files.put(f.id(), f);
      start(f);
    } catch (IOException e) {
      // One that is just being made is checked again.
      if (refused.size() < MAX_FILES && refused.add(p.toString())) {
        LOG.log(Level.WARNING, "{0} is not read: {1}", p, e.getMessage());
      }
    }
  }

  /** Skips entries already read or too old, without reading their fields. */
  private void start(JournalFile f) throws IOException {
    Cursor after = last;
    long from = oldest.getAsLong();
    for (Cursor c = f.peek();
        c != null && (c.realtime() < from || after != null && c.compareOrder(after) <= 0);
        c = f.peek()) {
      f.skip();
    }
  }

  /** The next entry; null if there is none yet. */
  public JournalFile.@Nullable Entry next() {
    while (true) {
      // Twice: an entry seen in one file may have been written after one missed in another.
      peekHeads();
      peekHeads();
      JournalFile first = null;
      Cursor least = null;
      for (JournalFile f : files.values()) {
        Cursor c = heads.get(f.id());
        if (c != null && (least == null || c.compareOrder(least) < 0)) {
          least = c;
          first = f;
        }
      }
      if (first == null || least == null) {
        return null;
      }
      heads.remove(first.id());
      Cursor before = last;
      if (before != null && least.equals(before)) {
        first.skip(); // journald copies an entry when it moves files from memory to disk
        continue;
      }
      try {
        JournalFile.Entry e = first.take();
        last = e.cursor();
        return e;
      } catch (IOException e) {
        damaged(first, e);
      }
    }
  }

  private void peekHeads() {
    List<JournalFile> bad = new ArrayList<>();
    for (JournalFile f : files.values()) {
      if (heads.get(f.id()) == null) {
        try {
          heads.put(f.id(), f.peek());
        } catch (IOException e) {
          bad.add(f);
          if (refused.add(f.path().toString())) {
            LOG.log(Level.WARNING, "{0} is no longer read: {1}", f.path(), e.getMessage());
          }
        }
      }
    }
    // The next scan of the folder opens them again, after the last entry read.
    bad.forEach(this::forget);
  }

  private void damaged(JournalFile f, IOException e) {
    LOG.log(Level.WARNING, "an entry is skipped: {0}", e.getMessage());
    f.skip();
  }

  @Override
  public void close() {
    List.copyOf(files.values()).forEach(this::forget);
  }
}
