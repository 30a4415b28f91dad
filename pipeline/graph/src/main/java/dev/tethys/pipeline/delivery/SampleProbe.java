package dev.tethys.pipeline.delivery;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.DestinationProbe;
import java.io.IOException;

/** Tries a destination by what its exporter is made of: one sample is encoded and sent. */
public final class SampleProbe implements DestinationProbe {
  /** The metric of the sample. */
  public static final String METRIC = "tethys_probe";

  /** Connects. */
  @FunctionalInterface
  public interface Connect {
    /** What the destination says of itself. */
    String connect() throws IOException, InterruptedException;
  }

  /** Looks for what was delivered. */
  @FunctionalInterface
  public interface Look {
    /**
     * Where the sample went, and whether it stands there.
     *
     * @throws IOException when it does not, or as something else
     */
    String look(Parcel delivered, long seconds, double value)
        throws IOException, InterruptedException;
  }

  private final Connect connect;
  private final Encoder encoder;
  private final Sender sender;
  private final Look look;

  /**
   * @param sender closed with the probe
   */
  public SampleProbe(Connect connect, Encoder encoder, Sender sender, Look look) {
    this.connect = connect;
    this.encoder = encoder;
    this.sender = sender;
    this.look = look;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    return connect.connect();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of(Labels.METRIC_NAME, METRIC, "job", "tethys"));
    w.sample(seconds * 1000, value).endSeries();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0);
    for (Parcel p : encoder.encode(b).parcels()) {
      Verdict v = sender.send(p);
      if (!(v instanceof Verdict.Delivered)) {
        throw new IOException(
            switch (v) {
              case Verdict.Later l -> l.reason();
              case Verdict.Never n -> n.reason();
              case Verdict.Partial n -> n.reason();
              default -> v.toString();
            });
      }
      return "sent " + METRIC + " = " + value + " to " + look.look(p, seconds, value);
    }
    throw new IOException("the sample of the probe has no place there");
  }

  @Override
  public void close() {
    sender.close();
  }
}
