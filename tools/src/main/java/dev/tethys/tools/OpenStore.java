package dev.tethys.tools;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.archive.ImportReport;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.archive.prometheus.PrometheusImport;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Store opened by a command: a data folder of Tethys, locked, or one of Prometheus through a
 * temporary store that is removed at the end.
 */
record OpenStore(MetricsDatabase database, @Nullable Path sandbox, List<String> found)
    implements AutoCloseable {

  /** Returns the read errors so far, of the folder and of the requested data. */
  List<String> problems() {
    List<String> all = new ArrayList<>(found);
    all.addAll(database.damage());
    return all;
  }

  /** Opens a data folder of Tethys, including new ones. */
  static MetricsDatabase own(Path folder) {
    try {
      return MetricsDatabase.open(folder, DataFolder.OFFLINE);
    } catch (StorageException e) {
      String m = String.valueOf(e.getMessage());
      if (m.contains("is locked by")) {
        throw new StorageException(
            e.reason(),
            m
                + ". A server, or another tool, works on this folder: stop it first, or ask it for"
                + " a snapshot (tethys tool tsdb snapshot --server=URL) and work on that",
            e);
      }
      throw e;
    }
  }

  /** Opens a folder for reading; reports a missing one with promtool's message. */
  static DataFolder folder(Path path) throws IOException {
    try {
      return DataFolder.find(path);
    } catch (NoSuchFileException e) {
      throw new IOException("opening the db dir: stat " + path + ": no such file or directory", e);
    } catch (NotDirectoryException e) {
      throw new IOException("opening the db dir: stat " + path + ": not a directory", e);
    }
  }

  /**
   * Opens either kind for reading.
   *
   * @param sandboxRoot folder of the temporary store; empty for the system default
   */
  static OpenStore forReading(Path path, String sandboxRoot, Console console) throws IOException {
    DataFolder folder = folder(path);
    if (folder.kind() == DataFolder.Kind.OWN) {
      return new OpenStore(own(path), null, List.of());
    }
    if (!sandboxRoot.isEmpty() && !Files.isDirectory(Path.of(sandboxRoot))) {
      throw new IOException(
          "setting up sandbox dir: stat " + sandboxRoot + ": no such file or directory");
    }
    Path sandbox =
        sandboxRoot.isEmpty()
            ? Files.createTempDirectory("tethys-sandbox-")
            : Files.createTempDirectory(Path.of(sandboxRoot), "tethys-sandbox-");
    MetricsDatabase db = own(sandbox);
    boolean done = false;
    try {
      ProgressLine line = console.progress("read");
      ImportReport report = new PrometheusImport(db, line).run(path);
      line.clear();
      done = true;
      return new OpenStore(db, sandbox, report.problems());
    } finally {
      if (!done) {
        db.close();
        delete(sandbox);
      }
    }
  }

  @Override
  public void close() {
    database.close();
    if (sandbox != null) {
      delete(sandbox);
    }
  }

  private static void delete(Path folder) {
    try {
      BackupData.delete(folder);
    } catch (IOException e) {
      JulLogger.of(OpenStore.class.getName())
          .log(System.Logger.Level.WARNING, "cannot remove " + folder + ": " + e.getMessage());
    }
  }
}
