package dev.tethys.store.archive.folder;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.prometheus.PrometheusBlock;
import dev.tethys.store.archive.prometheus.PrometheusFolder;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.StoredBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Data folder of Tethys or Prometheus with its blocks. Reading blocks needs no lock: a server may
 * be running.
 *
 * @param path the folder
 * @param kind program that wrote the data
 */
public record DataFolder(Path path, Kind kind) {
  /** Program that wrote the data. */
  public enum Kind {
    OWN,
    PROMETHEUS
  }

  /** Options for tools that open a store: nothing expires, late samples of any age are accepted. */
  public static final DatabaseOptions OFFLINE =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ZERO, 0)
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE);

  /**
   * Determines the kind of data in a folder.
   *
   * @throws NoSuchFileException if the path does not exist
   * @throws NotDirectoryException if the path is not a folder
   * @throws IOException if the folder holds no data of either kind
   */
  public static DataFolder find(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such folder");
    }
    if (!Files.isDirectory(path)) {
      throw new NotDirectoryException(path.toString());
    }
    if (PrometheusFolder.is(path)) {
      return new DataFolder(path, Kind.PROMETHEUS);
    }
    if (!StoredBlock.folders(path).isEmpty()
        || Files.isDirectory(path.resolve("wal"))
        || Files.isDirectory(path.resolve("head"))) {
      return new DataFolder(path, Kind.OWN);
    }
    throw new IOException("the folder " + path + " holds no data of Tethys or Prometheus");
  }

  /** Returns the folders of blocks, ascending by name. */
  public List<Path> blocks() throws IOException {
    return kind == Kind.OWN ? StoredBlock.folders(path) : PrometheusFolder.blocks(path);
  }

  /**
   * Opens a block.
   *
   * @throws IOException if a file is missing or cannot be read
   * @throws StorageException if a block of Tethys is damaged
   * @throws CorruptFileException if one of Prometheus is
   */
  public ArchivedBlock open(Path block) throws IOException {
    return kind == Kind.OWN ? new OwnBlock(block) : new PrometheusBlock(block);
  }
}
