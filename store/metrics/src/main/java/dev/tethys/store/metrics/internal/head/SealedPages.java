package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.ByteSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;

/**
 * Pages that take no more rows leave memory: several megabytes of them together become columns
 * ({@link ColumnPage}) in a file. Chunks of histograms ({@link HistogramChunk}), which are columns
 * already, do so as they are. Until then, and where no file is available, they stay in memory.
 *
 * <p>Where there are many series, pages are small, for each stripe has one that grows. What is kept
 * of a page in addition to its bytes would then be more than these after some hours: so several of
 * about one size become one of all their rows, and several of those again, until they are large
 * enough.
 *
 * <p>These files only save memory: their content is in the log, or in a snapshot and the log, until
 * a block has it.
 *
 * <p>Invariant: {@link #waiting} changes under the write side of the head's view, or in recovery.
 * It names stripes and not pages, so that pages which were rewritten or dropped meanwhile are
 * garbage.
 */
public final class SealedPages {
  /** Minimum size of a file in bytes; with many series, files are larger. */
  private static final int FILE = 1 << 20;

  private static final int LARGEST_FILE = 8 << 20;
  private static final int FILE_PER_SERIES = 4;

  /** Bytes that may wait while a store is restored. */
  private static final long MOST_IN_RECOVERY = 16 << 20;

  /**
   * Bytes shared by the growing pages of all stripes; the next two are the smallest and largest
   * size of a page. With many series, these pages are a quarter of live memory; each page of half
   * as many rows costs its samples half a rewrite more in files.
   */
  private static final long GROWING = 2 << 20;

  private static final int SMALLEST_PAGE = 700;
  private static final int LARGEST_PAGE = 12 << 10;
  private static final int FEWEST_ROWS = 4;

  /**
   * Number of pages of about the same size that are joined into one of at most {@link
   * #LARGEST_JOINED} bytes. Such a page holds some sixty rows in which most series change; its
   * overhead in memory is small in comparison.
   */
  private static final int JOINED = 4;

  private static final int LARGEST_JOINED = 32 << 10;

  private static final long PAUSE_NANOS = 30_000_000_000L;
  private static final byte[] NOTHING = {};

  /** Storage for the bytes of pages. */
  @FunctionalInterface
  public interface Files {
    /**
     * Keeps the first bytes of two arrays, one after another, outside the heap.
     *
     * @throws IOException if there is no space for them; they are offered again later
     */
    PageBytes keep(byte[] heads, int length, byte[] columns, int n) throws IOException;
  }

  /** Neighbouring pages that become one; the last of them is in memory. */
  private record Waiting(Stripe stripe, List<Page> run) {
    Page last() {
      return run.getLast();
    }
  }

  /** Histograms in memory, with the log that has them. */
  private record WaitingChunk(HistogramLog log, HistogramChunk chunk) {}

  private record EncodedPage(
      Waiting from, ColumnPage.Shape shape, int head, int columns, int length, int sum) {}

  private final ReentrantReadWriteLock view;
  private final IntSupplier series;
  private final ColumnWriter columns = new ColumnWriter();
  private final UnpackedRows rows = new UnpackedRows();
  private Set<Stripe> waiting = new HashSet<>(); // those that have pages which wait
  private Set<HistogramLog> waitingLogs = new HashSet<>(); // pages with waiting chunks
  private volatile long waitingBytes;
  private volatile long pausedSince; // 0 when files are available
  private int fileBytes = FILE;

  /**
   * Creates the storage of a head.
   *
   * @param view guards the pages of the head
   * @param series number of series
   */
  SealedPages(ReentrantReadWriteLock view, IntSupplier series) {
    this.view = view;
    this.series = series;
  }

  /**
   * Whether a page should accept no more rows: with more series, pages are smaller, because each
   * stripe has one in memory.
   */
  boolean isDue(RowPage p) {
    return p.full()
        || (p.rows >= FEWEST_ROWS && p.weight() >= SMALLEST_PAGE && p.weight() >= largestPage());
  }

  private long largestPage() {
    return Math.min(GROWING / Math.max(1, series.getAsInt() >>> 6) + SMALLEST_PAGE, LARGEST_PAGE);
  }

  /** Records a page that gets no more rows. Under the write side of the view, or in recovery. */
  void add(Stripe stripe, Page page) {
    if (page.fileBytes() == 0) {
      waiting.add(stripe);
      noteWaiting(page.bytes());
    }
  }

  /** Records a chunk that a log has in memory. Under the write side of the view, or in recovery. */
  void add(HistogramLog log, int bytes) {
    waitingLogs.add(log);
    noteWaiting(bytes);
  }

  /** Notes all chunks that a log has in memory. */
  void add(HistogramLog log) {
    for (HistogramChunk c : log.inMemory()) {
      add(log, c.length());
    }
  }

  private void noteWaiting(long bytes) {
    waitingBytes += bytes;
    long n = series.getAsInt();
    fileBytes = (int) Math.clamp(n * FILE_PER_SERIES, FILE, LARGEST_FILE);
  }

  /**
   * Puts what waits into files if it is worthwhile. By several threads one after another; writers
   * wait only while pages are exchanged.
   *
   * @return whether anything left memory
   * @throws IOException if no file is available, the first time of several; everything then stays
   *     where it is, and calls of the next half minute do nothing
   */
  public boolean store(Files files) throws IOException {
    return storeFrom(fileBytes, files);
  }

  /** Stores pages while a store is restored, and shortly after, when more may wait. */
  public boolean storeInRecovery(Files files) throws IOException {
    return storeFrom(MOST_IN_RECOVERY, files);
  }

  /** Stores all waiting pages, regardless of their number. */
  public boolean storeAll(Files files) throws IOException {
    return storeFrom(1, files);
  }

  private boolean storeFrom(long least, Files files) throws IOException {
    long paused = pausedSince;
    if (waitingBytes < least || paused != 0 && System.nanoTime() - paused < PAUSE_NANOS) {
      return false;
    }
    synchronized (columns) {
      List<Waiting> taken = new ArrayList<>();
      List<WaitingChunk> chunks = new ArrayList<>();
      take(taken, chunks);
      int done = 0;
      int chunksDone = 0;
      try {
        ByteSink heads = new ByteSink(fileBytes / 4);
        ByteSink out = new ByteSink(fileBytes + Character.MAX_VALUE);
        while (done < taken.size()) {
          done += storeSome(taken.subList(done, taken.size()), heads.clear(), out.clear(), files);
        }
        while (chunksDone < chunks.size()) {
          chunksDone += storeChunks(chunks.subList(chunksDone, chunks.size()), out.clear(), files);
        }
        pausedSince = 0;
      } catch (IOException e) {
        pausedSince = System.nanoTime() | 1;
        if (paused == 0) {
          throw e;
        }
      } finally {
        putBack(taken.subList(done, taken.size()), chunks.subList(chunksDone, chunks.size()));
      }
      return done + chunksDone > 0;
    }
  }

  /**
   * Index of the first page to join with a page in memory: enough pages of about its size to make a
   * larger one, then enough of about that size, while their total stays below the limit in bytes.
   */
  static int runBefore(Page[] pages, int last) {
    int first = last;
    int rows = pages[last].rows();
    long bytes = pages[last].bytes();
    while (true) {
      int from = first;
      int joinedRows = rows;
      long joinedBytes = bytes;
      while (from > 0) {
        Page p = pages[from - 1];
        joinedRows += p.rows();
        joinedBytes += p.fileBytes();
        if (p.fileBytes() == 0
            || p.rangeStart() != pages[last].rangeStart()
            || p.rows() > 2 * rows
            || joinedRows > RowPage.MAX_ROWS
            || joinedBytes > LARGEST_JOINED) {
          break;
        }
        from--;
      }
      if (first - from < JOINED - 1) {
        return first;
      }
      first = from;
      rows = joinedRows;
      bytes = joinedBytes;
    }
  }

  private void take(List<Waiting> pages, List<WaitingChunk> chunks) {
    view.writeLock().lock();
    try {
      for (Stripe s : waiting) {
        s.sealedInMemory(run -> pages.add(new Waiting(s, run)));
      }
      for (HistogramLog l : waitingLogs) {
        l.inMemory().forEach(c -> chunks.add(new WaitingChunk(l, c)));
      }
      waiting = new HashSet<>();
      waitingLogs = new HashSet<>();
      waitingBytes = 0;
    } finally {
      view.writeLock().unlock();
    }
  }

  private void putBack(List<Waiting> rest, List<WaitingChunk> chunks) {
    if (!rest.isEmpty() || !chunks.isEmpty()) {
      view.writeLock().lock();
      try {
        for (Waiting w : rest) {
          add(w.stripe, w.last());
        }
        for (WaitingChunk w : chunks) {
          add(w.log, w.chunk.length());
        }
      } finally {
        view.writeLock().unlock();
      }
    }
  }

  /** Writes a file of pages; returns the number of elements taken from the list. */
  private int storeSome(List<Waiting> from, ByteSink heads, ByteSink out, Files files)
      throws IOException {
    List<EncodedPage> written = new ArrayList<>();
    int n = 0;
    while (n < from.size() && out.size < fileBytes) {
      Waiting w = from.get(n++);
      int head = heads.size;
      int at = out.size;
      Waiting one = new Waiting(w.stripe, List.of(w.last()));
      Page page = w.last();
      if (w.run.size() > 1) {
        Page joined = rows.joined(w.run);
        if (joined != null) {
          page = joined;
          one = w;
        }
      }
      page.writeColumns(columns, heads, out);
      if (heads.size - head + out.size - at <= Character.MAX_VALUE) {
        int sum = PageBytes.sum(heads.buf, head, heads.size - head, out.buf, at, out.size - at);
        written.add(new EncodedPage(one, page.shape(), head, at, out.size - at, sum));
      } else {
        heads.size = head; // it stays in memory
        out.size = at;
      }
    }
    int first = heads.size; // where columns begin
    PageBytes kept = files.keep(heads.buf, first, out.buf, out.size);
    view.writeLock().lock();
    try {
      for (EncodedPage w : written) {
        ColumnPage p = new ColumnPage(w.shape, kept, w.head, first + w.columns, w.length, w.sum);
        if (!w.from.stripe.replace(w.from.run, p) && w.from.run.size() > 1) {
          add(w.from.stripe, w.from.last()); // if it is still there, it waits for another run
        }
      }
    } finally {
      view.writeLock().unlock();
    }
    return n;
  }

  /** Writes a file of chunks; returns the number of elements taken from the list. */
  private int storeChunks(List<WaitingChunk> from, ByteSink out, Files files) throws IOException {
    int n = 0;
    while (n < from.size() && out.size < fileBytes) {
      from.get(n++).chunk.copyTo(out);
    }
    PageBytes kept = files.keep(out.buf, out.size, NOTHING, 0);
    List<HistogramChunk> stored = new ArrayList<>();
    int at = 0;
    for (WaitingChunk w : from.subList(0, n)) {
      int sum = ByteSink.crc(out.buf, at, w.chunk.length());
      stored.add(w.chunk.in(kept, at, sum));
      at += w.chunk.length();
    }
    view.writeLock().lock();
    try {
      for (int i = 0; i < n; i++) {
        from.get(i).log.replace(from.get(i).chunk, stored.get(i));
      }
    } finally {
      view.writeLock().unlock();
    }
    return n;
  }
}
