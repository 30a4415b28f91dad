package dev.tethys.pipeline.receiver.carbon;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.graphite.GraphitePoints;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointDestination;
import dev.tethys.pipeline.receiver.points.PointDestination.Points;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.web.socket.StreamListener;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;

/** Reads pickled lists over TCP, each behind its length in four bytes. */
final class PickleDoor implements StreamListener.Handler {
  /** Carbon's own limit; what is longer ends the connection, for nothing behind it can be found. */
  static final int MAX_BYTES = 1 << 20;

  private static final String TRANSPORT = "pickle";

  private final GraphitePoints format;
  private final PointDestination to;
  private final PointTally tally;

  PickleDoor(GraphitePoints format, PointDestination to, PointTally tally) {
    this.format = format;
    this.to = to;
    this.tally = tally;
  }

  @Override
  public void handle(Socket connection) throws IOException, InterruptedException {
    DataInputStream in = new DataInputStream(connection.getInputStream());
    long lane = PipelinePoints.lane(connection.getInetAddress());
    while (true) {
      int length;
      try {
        length = in.readInt();
      } catch (EOFException e) {
        return;
      }
      if (length < 0 || length > MAX_BYTES) {
        tally.refused(
            TRANSPORT, 1, "a pickle of " + length + " bytes, more than " + MAX_BYTES + " allowed");
        return;
      }
      byte[] b = in.readNBytes(length);
      if (b.length < length) {
        return;
      }
      try (Points p = to.open(lane, Metadata.NONE)) {
        tally.refused(TRANSPORT, format.pickle(b, 0, b.length, p));
        PointSockets.deliver(p, tally, TRANSPORT);
      } catch (CodecException e) {
        tally.refused(TRANSPORT, 1, String.valueOf(e.getMessage()));
      }
    }
  }
}
