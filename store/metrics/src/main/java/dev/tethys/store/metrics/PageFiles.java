package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.ReadableFile;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.model.libc.MappedPages;
import dev.tethys.store.metrics.internal.head.PageBytes;
import dev.tethys.store.metrics.internal.head.SealedPages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Files for full pages of the head. They are mapped and unlinked: their disk space is freed when
 * they are unreachable, and when the process ends in any way.
 */
final class PageFiles implements SealedPages.Files {
  /** Disk space reserved for the log and for blocks. */
  private static final long RESERVE = 128 << 20;

  /** Bytes of unused files beyond which a garbage collection is worth while. */
  private static final long MOST_IDLE = 64 << 20;

  /** Initial interval of such collections; a collection that frees little doubles it. */
  private static final long COLLECT_NANOS = 60_000_000_000L;

  private static final long RARELY_NANOS = 60 * COLLECT_NANOS;

  private final FileAccess files;
  private final Path folder;
  private final List<WeakReference<MemorySegment>> mapped = new ArrayList<>();
  private long pause = COLLECT_NANOS;
  private long liveThen; // bytes that were needed at the last collection
  private long collected = System.nanoTime() - pause;

  /** Open mapped file; it is unmapped and closed when no reference is left. */
  private record PageFile(MemorySegment memory, ReadableFile file) implements PageBytes {
    @Override
    public boolean isFile() {
      return true;
    }

    @Override
    public void read(int at, byte[] into, int offset, int n) {
      try {
        if (file.read(at, into, offset, n) == n) {
          return;
        }
      } catch (IOException e) {
        // Then it is read where it is mapped, and fails there if it has to.
      }
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, into, offset, n);
    }
  }

  PageFiles(FileAccess files, Path folder) {
    this.files = files;
    this.folder = folder;
  }

  private Path path() {
    return folder.resolve("pages.tmp");
  }

  /** Removes files left by a process that ended during a write. */
  void clean() throws IOException {
    files.delete(path());
  }

  @Override
  public PageBytes keep(byte[] heads, int length, byte[] columns, int n) throws IOException {
    long bytes = (long) length + n;
    long free = files.usableSpace(folder);
    if (free < RESERVE + bytes && mappedBytes() > 0) {
      System.gc(); // unreachable files still take disk space
      free = files.usableSpace(folder);
    }
    if (free < RESERVE + bytes) {
      throw new IOException("only " + free + " bytes are free in " + folder);
    }
    PageFile kept;
    try {
      try (WritableFile f = files.create(path())) {
        f.write(heads, 0, length);
        f.write(columns, 0, n);
      }
      kept = new PageFile(files.map(path(), Arena.ofAuto()), files.open(path()));
      if (kept.memory.byteSize() != bytes) {
        throw new IOException(path() + " is also being written by another process");
      }
    } finally {
      files.delete(path());
    }
    synchronized (mapped) {
      mapped.add(new WeakReference<>(kept.memory));
    }
    return kept;
  }

  /** Returns the mapped bytes of the files that are unknown to be released. */
  private long mappedBytes() {
    synchronized (mapped) {
      mapped.removeIf(m -> m.get() == null);
      long n = 0;
      for (WeakReference<MemorySegment> w : mapped) {
        MemorySegment m = w.get();
        n += m == null ? 0 : m.byteSize();
      }
      return n;
    }
  }

  /**
   * Gives pages that were read back to the system's cache, from where they come again in
   * microseconds; else a process is counted for all that a query over everything has touched. The
   * disk space of files is free once a garbage collection has found them unreachable; an idle heap
   * would delay that for a long time, so a collection is requested where much would come free.
   *
   * @param live bytes in files that the head refers to
   */
  void releasePages(long live) {
    if (live < liveThen / 2) {
      pause = COLLECT_NANOS; // a block took much of their content
      liveThen = live;
    }
    long idle = mappedBytes() - live;
    if (idle > MOST_IDLE && idle > live && System.nanoTime() - collected > pause) {
      System.gc();
      collected = System.nanoTime();
      liveThen = live;
      // A file of which one page is needed stays, and most of it may be unused.
      boolean helped = mappedBytes() - live < idle / 2;
      pause = helped ? COLLECT_NANOS : Math.min(pause * 2, RARELY_NANOS);
    }
    synchronized (mapped) {
      for (WeakReference<MemorySegment> w : mapped) {
        MemorySegment m = w.get();
        if (m != null && m.isMapped()) {
          MappedPages.release(m);
        }
      }
    }
  }
}
