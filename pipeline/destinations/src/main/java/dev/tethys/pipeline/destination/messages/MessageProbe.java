package dev.tethys.pipeline.destination.messages;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import java.io.IOException;

/** Tries a broker: one sample goes out as a message. */
public final class MessageProbe implements DestinationProbe {
  /** Connects. */
  @FunctionalInterface
  public interface Connect {
    /** What the broker says of itself. */
    String connect() throws IOException;
  }

  private final Connect connect;
  private final Sender sender;
  private final MessageParcels parcels;
  private final boolean stored;

  /**
   * @param sender closed with the probe
   * @param stored whether what is delivered is stored
   */
  public MessageProbe(Connect connect, Sender sender, MessageParcels parcels, boolean stored) {
    this.connect = connect;
    this.sender = sender;
    this.parcels = parcels;
    this.stored = stored;
  }

  @Override
  public String connect() throws IOException {
    return connect.connect();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of(Labels.METRIC_NAME, "tethys_probe", "job", "tethys"));
    w.sample(seconds * 1000, value).endSeries();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0);
    for (Parcel p : parcels.encode(b).parcels()) {
      Verdict v = sender.send(p);
      if (!(v instanceof Verdict.Delivered)) {
        throw new IOException(
            switch (v) {
              case Verdict.Later l -> l.reason();
              case Verdict.Never n -> n.reason();
              default -> v.toString();
            });
      }
      return "sent tethys_probe = "
          + value
          + " to "
          + MessageParcels.topic(p)
          + (stored ? ", where it is stored" : ", to whoever listens");
    }
    throw new IOException("the sample of the probe has no place in a message");
  }

  @Override
  public void close() {
    sender.close();
  }
}
