package dev.tethys.pipeline.receiver;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Samples of remote write batches, as text. */
public final class Samples {
  private Samples() {}

  /** Each sample as {@code {labels} value @millis}. */
  public static List<String> of(List<Batch> batches) {
    List<String> out = new ArrayList<>();
    for (Batch b : batches) {
      WriteRequestReader r = new WriteRequestReader().reset(b.body(), 0, b.body().length);
      while (r.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
        for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
          out.add(
              e == SeriesEvent.SAMPLE ? l + " " + r.value() + " @" + r.timestamp() : l + " " + e);
        }
      }
    }
    return out;
  }

  /** Waits until something that another thread does is done. */
  public static void until(BooleanSupplier done) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within 30 s");
      }
      Waiting.pause();
    }
  }
}
