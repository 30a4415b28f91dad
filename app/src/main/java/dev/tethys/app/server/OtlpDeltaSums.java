package dev.tethys.app.server;

import dev.tethys.codec.otlp.OtlpDeltas;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.collect.receive.OtlpReceiver;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.processor.temporality.DeltaSums;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import java.time.InstantSource;

/**
 * {@code --enable-feature=otlp-deltatocumulative}: deltas are added up before they are stored, as
 * the processor {@code deltatocumulative} does with its default settings. Requests without deltas
 * pass through; requests with deltas are processed one after another, so that sums are stored in
 * order.
 */
final class OtlpDeltaSums implements OtlpReceiver.Stage {
  private final InstantSource clock;
  private final DeltaSums sums =
      new DeltaSums(DeltaToCumulative.DEFAULT_MAX_STALE, DeltaToCumulative.MAX_STREAMS);

  OtlpDeltaSums(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public OtlpResult store(byte[] buf, int offset, int length, OtlpReceiver.Stored store) {
    if (!OtlpDeltas.areIn(buf, offset, length)) {
      return store.store(buf, offset, length);
    }
    OtlpCheck.check(OtlpSignal.METRICS, buf, offset, length);
    MetricsData data = new OtlpReader().metrics(buf, offset, length);
    synchronized (sums) {
      int before = data.itemCount();
      sums.add(data, clock.millis());
      int remaining = before - data.itemCount();
      byte[] request = new OtlpWriter().write(data);
      OtlpResult result = store.store(request, 0, request.length);
      if (remaining > 0) {
        result.reject(
            remaining, "deltas are older than the accumulated sum or belong to too many streams");
      }
      return result;
    }
  }
}
