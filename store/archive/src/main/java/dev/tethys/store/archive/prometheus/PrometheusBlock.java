package dev.tethys.store.archive.prometheus;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.ChunkVisitor;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.archive.SeriesVisitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A Prometheus block, read from its first series to its last. Damaged data is skipped and reported;
 * the rest is returned. Not thread-safe.
 */
public final class PrometheusBlock implements ArchivedBlock {
  /** The most problems that are reported one by one. */
  static final int MAX_PROBLEMS = 1000;

  private final Path folder;
  private final BlockMetaFile meta;
  private final IndexFile index;
  private final ChunkFiles chunks;
  private final Tombstones<Long> tombstones;
  private final List<String> problems = new ArrayList<>();
  private final long bytes;
  private long outside;

  private SampleBuffer part = new SampleBuffer();
  private SampleBuffer merged = new SampleBuffer();

  /**
   * Opens the block in a folder.
   *
   * @throws IOException if a file is missing or cannot be read
   * @throws CorruptFileException if index or meta.json cannot be used at all
   */
  public PrometheusBlock(Path folder) throws IOException {
    this.folder = folder;
    for (String needed : List.of("meta.json", "index", "chunks")) {
      if (!Files.exists(folder.resolve(needed))) {
        throw new NoSuchFileException(
            folder.resolve(needed).toString(), null, "the file is missing");
      }
    }
    meta = BlockMetaFile.read(folder.resolve("meta.json"));
    Tombstones<Long> t = new Tombstones<>();
    try {
      t = Tombstones.read(folder.resolve("tombstones"));
    } catch (CorruptFileException e) {
      addProblem(e.getMessage() + "; deleted samples reappear");
    }
    tombstones = t;
    index = new IndexFile(folder.resolve("index"));
    boolean opened = false;
    try {
      chunks = new ChunkFiles(folder.resolve("chunks"));
      chunks.problems().forEach(this::addProblem);
      long n = chunks.bytes();
      for (String f : List.of("index", "meta.json", "tombstones")) {
        Path p = folder.resolve(f);
        n += Files.exists(p) ? Files.size(p) : 0;
      }
      bytes = n;
      opened = true;
    } finally {
      if (!opened) {
        index.close();
      }
    }
  }

  private void addProblem(String problem) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(problem);
    } else if (problems.size() == MAX_PROBLEMS) {
      problems.add("further problems of this block are not listed");
    }
  }

  /** Text of an error: which file, and why. */
  public static String reason(Exception e) {
    return e instanceof NoSuchFileException n
        ? n.getFile() + ": the file is missing"
        : e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
  }

  @Override
  public String ulid() {
    return meta.ulid().isEmpty() ? folder.getFileName().toString() : meta.ulid();
  }

  @Override
  public long minTime() {
    return meta.minTime();
  }

  @Override
  public long maxTime() {
    return meta.maxTime();
  }

  @Override
  public long samples() {
    return meta.samples();
  }

  @Override
  public long series() {
    return meta.series();
  }

  @Override
  public long chunks() {
    return meta.chunks();
  }

  public int level() {
    return meta.level();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public List<String> problems() {
    List<String> all = new ArrayList<>(problems);
    if (outside > 0) {
      all.add(
          String.format(
              Locale.ROOT,
              "%s: %d samples outside of the block's time range were left out",
              folder,
              outside));
    }
    return all;
  }

  /** Progress is reported in bytes of the index. */
  @Override
  public void forEach(SeriesVisitor to, Progress progress) {
    progress.step(ulid(), index.seriesBytes());
    SampleBuffer b = new SampleBuffer();
    Labels before = null;
    long reported = 0;
    while (true) {
      try {
        if (!index.next()) {
          break;
        }
      } catch (CorruptFileException e) {
        addProblem(e.getMessage());
        continue;
      }
      Labels labels = index.labels();
      if (before != null && before.compareTo(labels) >= 0) {
        addProblem(
            folder.resolve("index")
                + ": series are not in ascending order: "
                + labels
                + " behind "
                + before
                + "; it was left out");
        continue;
      }
      before = labels;
      b = read(b);
      outside += Buffers.clip(b, meta.minTime(), meta.maxTime() - 1);
      if (b.size > 0) {
        to.series(labels, b);
      }
      long now = index.position();
      progress.advance(now - reported);
      reported = now;
    }
  }

  @Override
  public void forEachChunk(ChunkVisitor to, Progress progress) {
    progress.step(ulid(), index.seriesBytes());
    long reported = 0;
    while (true) {
      try {
        if (!index.next()) {
          break;
        }
      } catch (CorruptFileException e) {
        addProblem(e.getMessage());
        continue;
      }
      for (int i = 0; i < index.chunkCount; i++) {
        part.clear();
        try {
          int n = chunks.read(index.chunkRef[i], part);
          to.chunk(index.labels(), part, n);
        } catch (CorruptFileException e) {
          lost(i, e);
        }
      }
      long now = index.position();
      progress.advance(now - reported);
      reported = now;
    }
  }

  private void lost(int chunk, CorruptFileException e) {
    addProblem(
        e.getMessage()
            + " ("
            + index.labels()
            + ", times "
            + index.chunkMin[chunk]
            + " to "
            + index.chunkMax[chunk]
            + ")");
  }

  private SampleBuffer read(SampleBuffer into) {
    SampleBuffer b = into;
    b.clear();
    for (int i = 0; i < index.chunkCount; i++) {
      try {
        if (b.size == 0 || b.timestamps[b.size - 1] < index.chunkMin[i]) {
          chunks.read(index.chunkRef[i], b);
        } else {
          part.clear();
          chunks.read(index.chunkRef[i], part);
          Buffers.merge(b, part, merged);
          SampleBuffer spare = b;
          b = merged;
          merged = spare;
        }
      } catch (CorruptFileException e) {
        lost(i, e);
      }
    }
    tombstones.apply(index.reference(), b);
    return b;
  }

  @Override
  public void close() {
    index.close();
    chunks.close();
  }
}
