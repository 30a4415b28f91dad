package dev.tethys.pipeline.processor;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.util.concurrent.ArrayBlockingQueue;

/** Batches as trees, and trees as batches. Safe for any number of threads. */
public final class Trees {
  /** How many writers with their buffers are kept for those who come next. */
  static final int MAX_WRITERS = 64;

  private static final OtlpReader READER = new OtlpReader();
  private static final ArrayBlockingQueue<OtlpWriter> WRITERS =
      new ArrayBlockingQueue<>(MAX_WRITERS);

  private Trees() {}

  /**
   * The tree of a batch; series of remote write become metrics of OTLP.
   *
   * @throws CodecException when the bytes are not what they should be
   */
  public static Telemetry<?> read(Batch batch) {
    if (batch.encoding() == Encoding.REMOTE_WRITE) {
      return SeriesToOtlp.convert(batch.body(), 0, batch.body().length).metrics();
    }
    return READER.read(signal(batch.signal()), batch.body(), 0, batch.body().length);
  }

  /** A batch of the same origin with the content of a tree. */
  public static Batch write(Telemetry<?> data, Batch origin, Signal signal) {
    OtlpWriter w = WRITERS.poll();
    if (w == null) {
      w = new OtlpWriter();
    }
    byte[] body = w.write(data);
    WRITERS.offer(w);
    return new Batch(
        signal, Encoding.OTLP, body, data.itemCount(), origin.lane(), origin.metadata());
  }

  private static OtlpSignal signal(Signal s) {
    return switch (s) {
      case LOGS -> OtlpSignal.LOGS;
      case TRACES -> OtlpSignal.TRACES;
      case METRICS -> OtlpSignal.METRICS;
      case PROFILES -> throw new CodecException("profiles have no tree");
    };
  }
}
