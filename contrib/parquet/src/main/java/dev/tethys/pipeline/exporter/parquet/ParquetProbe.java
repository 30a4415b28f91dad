package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;

/** Writes a file with one item, reads it back and deletes it. */
final class ParquetProbe implements ExporterProbe {
  private final ParquetSettings settings;
  private final Signal signal;
  private final FileTarget target;
  private final LongSupplier millis;

  /**
   * @param signal signal of the test file
   */
  ParquetProbe(ParquetSettings settings, Signal signal, FileTarget target, LongSupplier millis) {
    this.settings = settings;
    this.signal = signal;
    this.target = target;
    this.millis = millis;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return target.check();
  }

  /** Deletes a file that could not be read; a failure is logged with the reason. */
  private void removed(String path, IOException cause) throws InterruptedException {
    try {
      target.remove(path);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    Partitions rows = new Partitions(settings, signal, millis.getAsLong());
    rows.add(ItemProbe.batch(signal, seconds, value).body());
    String path = ItemProbe.NAME + "/" + UUID.randomUUID() + ".parquet";
    byte[] content = rows.files("probe").getFirst().content();
    target.publish(List.of(new FileTarget.NewFile(path, content)));
    byte[] back;
    try {
      back = target.read(path);
    } catch (IOException e) {
      removed(path, e);
      throw e;
    }
    target.remove(path);
    if (!Arrays.equals(content, back)) {
      throw new IOException(
          path
              + " was written with "
              + content.length
              + " bytes and read with "
              + back.length
              + " others");
    }
    return "wrote "
        + ItemProbe.describeItem(signal, value)
        + " to "
        + path
        + ", read it back and removed it";
  }
}
