package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.block.BlockPass;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.Ulid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;

/**
 * One block on disk, read without its database: for tools. Takes no lock and changes nothing, so a
 * server may be running on the folder. Series are in the order of their labels and are meant to be
 * read in it, by one thread.
 */
public final class StoredBlock implements AutoCloseable {
  private final BlockReader block;
  private final BlockPass all;
  private final SampleBuffer chunk = new SampleBuffer();

  private StoredBlock(BlockReader block) {
    this.block = block;
    this.all = block.everything();
  }

  /** Returns the folders of blocks in a data folder, ascending by name. */
  public static List<Path> folders(Path data) throws IOException {
    List<Path> out = new ArrayList<>();
    for (Path p : new RealFiles().list(data)) {
      if (Ulid.is(p.getFileName().toString()) && Files.isDirectory(p)) {
        out.add(p);
      }
    }
    return out;
  }

  /**
   * Opens the block in a folder.
   *
   * @throws StorageException CORRUPT when its index is not whole
   * @throws IOException if a file is missing or cannot be read
   */
  public static StoredBlock open(Path folder) throws IOException {
    return open(new RealFiles(), folder);
  }

  static StoredBlock open(FileAccess files, Path folder) throws IOException {
    try {
      return new StoredBlock(new BlockReader(files, folder));
    } catch (CorruptionException e) {
      throw new StorageException(
          StorageException.Reason.CORRUPT, "block " + folder + " is damaged: " + e.getMessage(), e);
    }
  }

  public BlockInfo info() {
    return BlockInfo.of(block);
  }

  /** Returns the number of series. */
  public int size() {
    return all.size();
  }

  /**
   * Returns the labels of a series.
   *
   * @throws StorageException CORRUPT when they cannot be read
   */
  public Labels labels(int series) {
    return all.labels(series);
  }

  /**
   * Replaces the content of the buffer by all samples of a series that are not deleted.
   *
   * @throws StorageException CORRUPT when they cannot be read
   */
  public void read(int series, SampleBuffer into) {
    into.clear();
    all.read(series, Long.MIN_VALUE, Long.MAX_VALUE, into);
  }

  /**
   * Yields the chunks of a series one by one, each with its encoded bytes before they are
   * compressed together with others; the buffer is reused.
   *
   * @throws StorageException CORRUPT when they cannot be read
   * @throws IllegalStateException for a downsampled block
   */
  public void readChunks(int series, ObjIntConsumer<SampleBuffer> to) {
    all.readChunks(series, chunk, to);
  }

  @Override
  public void close() {
    all.close();
    block.retire(() -> {});
  }
}
