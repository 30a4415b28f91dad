package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.NotEncodableException;

/** Typed records of batches of logs and of traces. */
public final class Records {
  private Records() {}

  /**
   * Returns the log records.
   *
   * @throws NotEncodableException if the batch is malformed
   */
  public static LogsData logs(Batch batch) {
    try {
      return new OtlpReader().logs(batch.body(), 0, batch.size());
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns the spans.
   *
   * @throws NotEncodableException if the batch is malformed
   */
  public static TracesData traces(Batch batch) {
    try {
      return new OtlpReader().traces(batch.body(), 0, batch.size());
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }
}
