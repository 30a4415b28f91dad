package dev.tethys.pipeline.exporter.debug;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** Writes batches of a queue as the debug exporter does, which opens its output at the first. */
final class DebugSender implements Sender {
  private final DebugExporter exporter;

  @GuardedBy("this")
  private boolean open;

  DebugSender(DebugExporter exporter) {
    this.exporter = exporter;
  }

  /** Encodes a batch for the queue. */
  static Encoder.Encoded encode(Batch batch) {
    try {
      byte[] body =
          batch.encoding() == Encoding.REMOTE_WRITE
              ? new OtlpWriter().write(batch.seriesAsOtlp().metrics())
              : batch.body();
      return Encoder.Encoded.of(
          new EncodedRequest(batch.signal(), body, batch.items(), batch.lane(), Map.of()));
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  /** Prints a batch; a failed output is not retried. */
  @Override
  public SendResult send(EncodedRequest r) {
    try {
      openOnce();
      exporter.print(new Batch(r.signal(), Encoding.OTLP, r.body(), r.items(), r.lane()));
      return SendResult.DELIVERED;
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new SendResult.Permanent(DebugExporter.NOT_WRITTEN + ": " + e.getMessage());
    }
  }

  private synchronized void openOnce() throws IOException {
    if (!open) {
      exporter.start();
      open = true;
    }
  }

  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      exporter.stop(Duration.ZERO);
    }
  }
}
