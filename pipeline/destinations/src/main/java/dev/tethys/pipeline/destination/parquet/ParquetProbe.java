package dev.tethys.pipeline.destination.parquet;

import dev.tethys.codec.parquet.ParquetWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.component.DestinationProbe;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Makes a file of one sample, reads it back and takes it away. */
final class ParquetProbe implements DestinationProbe {
  private final ParquetSettings settings;
  private final FileTarget target;

  ParquetProbe(ParquetSettings settings, FileTarget target) {
    this.settings = settings;
    this.target = target;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return target.check();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    ParquetWriter w =
        new ParquetWriter(
            settings.compression(), settings.level(), settings.rowGroupBytes(), "Tethys");
    new MetricFile(w)
        .sample(Labels.of(Labels.METRIC_NAME, "tethys_probe"), seconds * 1000, 0, value);
    String path = "tethys_probe/" + UUID.randomUUID() + ".parquet";
    byte[] content = w.finish();
    target.publish(List.of(new FileTarget.NewFile(path, content)));
    byte[] back = target.read(path);
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
    return "wrote tethys_probe = " + value + " to " + path + ", read it back and removed it";
  }
}
