package dev.tethys.store.archive.folder;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.ChunkVisitor;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.archive.SeriesVisitor;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.StoredBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Block of Tethys, read without its database. */
final class OwnBlock implements ArchivedBlock {
  private static final int MAX_PROBLEMS = 1000;

  private final StoredBlock block;
  private final BlockInfo info;
  private final List<String> problems = new ArrayList<>();

  OwnBlock(Path folder) throws IOException {
    block = StoredBlock.open(folder);
    info = block.info();
  }

  @Override
  public String ulid() {
    return info.ulid();
  }

  @Override
  public long minTime() {
    return info.minTime();
  }

  @Override
  public long maxTime() {
    return info.maxTime();
  }

  @Override
  public long samples() {
    return info.samples();
  }

  @Override
  public long series() {
    return info.series();
  }

  @Override
  public long chunks() {
    return info.chunks();
  }

  @Override
  public long bytes() {
    return info.bytes();
  }

  @Override
  public long resolution() {
    return info.resolution();
  }

  @Override
  public void forEach(SeriesVisitor to, Progress progress) {
    progress.step(ulid(), block.size());
    SampleBuffer b = new SampleBuffer();
    for (int i = 0; i < block.size(); i++) {
      Labels labels = Labels.EMPTY;
      try {
        labels = block.labels(i);
        block.read(i, b);
      } catch (StorageException e) {
        if (problems.size() < MAX_PROBLEMS) {
          problems.add(e.getMessage() + " (series " + i + " " + labels + ")");
        }
        continue;
      }
      if (b.size > 0) {
        to.series(labels, b);
      }
      progress.advance(1);
    }
  }

  @Override
  public void forEachChunk(ChunkVisitor to, Progress progress) {
    if (resolution() > 0) {
      throw new IllegalArgumentException(
          "block " + ulid() + " is downsampled: its chunks hold no samples");
    }
    progress.step(ulid(), block.size());
    for (int i = 0; i < block.size(); i++) {
      try {
        Labels labels = block.labels(i);
        block.readChunks(i, (samples, bytes) -> to.chunk(labels, samples, bytes));
      } catch (StorageException e) {
        if (problems.size() < MAX_PROBLEMS) {
          problems.add(e.getMessage() + " (series " + i + ")");
        }
      }
      progress.advance(1);
    }
  }

  @Override
  public List<String> problems() {
    return List.copyOf(problems);
  }

  @Override
  public void close() {
    block.close();
  }
}
