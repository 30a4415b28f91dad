package dev.tethys.pipeline.exporter.file;

import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Checks the folder of a file: a record is written to a temporary file, read back and deleted. The
 * file itself is opened but not changed: an exporter may truncate it on start, and a collector may
 * be writing to it.
 */
final class FileProbe implements ExporterProbe {
  private final FileSettings settings;
  private final Signal signal;
  private final Function<FileSettings, FileExporter> exporter;

  /**
   * @param exporter creates an exporter with the given settings
   */
  FileProbe(FileSettings settings, Signal signal, Function<FileSettings, FileExporter> exporter) {
    this.settings = settings;
    this.signal = signal;
    this.exporter = exporter;
  }

  private Path folder() throws IOException {
    Path p = settings.path().toAbsolutePath().getParent();
    if (p == null) {
      throw new IOException(settings.path() + " is not a file");
    }
    return p;
  }

  @Override
  public String connect() throws IOException {
    Path file = settings.path();
    if (!Files.exists(file)) {
      if (!Files.isDirectory(folder()) && !settings.createFolder()) {
        throw new IOException(
            "folder " + folder() + " does not exist; create it or set create_directory: true");
      }
      return "a file in " + folder();
    }
    try (FileChannel c = FileChannel.open(file, StandardOpenOption.WRITE)) {
      boolean kept = settings.append() || settings.rotation() != null;
      return file
          + " can be written and has "
          + c.size()
          + " bytes, which "
          + (kept ? "stay" : "a start of the exporter takes away");
    }
  }

  @Override
  public List<String> plan() throws IOException {
    List<String> out = new ArrayList<>();
    if (!Files.isDirectory(folder()) && settings.createFolder()) {
      out.add("folder " + folder());
    }
    if (!Files.exists(settings.path())) {
      out.add("file " + settings.path());
    }
    return out;
  }

  @Override
  public String write(long seconds, double value) throws IOException {
    Path temporary =
        settings.path().resolveSibling(settings.path().getFileName() + "." + ItemProbe.NAME);
    FileExporter e = exporter.apply(settings.at(temporary));
    List<Outcome> outcomes = new ArrayList<>();
    var item = ItemProbe.batch(signal, seconds, value);
    byte[] back;
    e.start();
    try {
      e.consume(item, outcomes::add);
      back = Files.readAllBytes(temporary);
    } finally {
      e.stop(java.time.Duration.ZERO);
      Files.deleteIfExists(temporary);
    }
    switch (outcomes.getFirst()) {
      case Outcome.Accepted a -> {}
      case Outcome.Unavailable u -> throw new IOException(u.reason());
      case Outcome.Rejected r -> throw new IOException(r.reason());
    }
    byte[] written = e.record(item);
    if (!java.util.Arrays.equals(back, written)) {
      throw new IOException(
          temporary
              + " was written with "
              + written.length
              + " bytes and read with "
              + back.length);
    }
    return "wrote "
        + ItemProbe.describeItem(signal, value)
        + " to "
        + temporary
        + ", read it back and removed it";
  }
}
