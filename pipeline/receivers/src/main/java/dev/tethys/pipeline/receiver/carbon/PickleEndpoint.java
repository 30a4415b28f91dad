package dev.tethys.pipeline.receiver.carbon;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.graphite.GraphitePoints;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.web.socket.StreamListener;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads pickled lists over TCP, each behind its length in four bytes. */
final class PickleEndpoint implements StreamListener.Handler {
  /**
   * Carbon's own limit; a longer message ends the connection, for nothing after it can be found.
   */
  static final int MAX_BYTES = 1 << 20;

  /** What a byte of a pickle takes, read and as points. */
  private static final long FACTOR = 8;

  private static final int PIECE = 16 << 10;

  private static final String TRANSPORT = "pickle";

  private final GraphitePoints format;
  private final PointConsumer to;
  private final PointTally tally;

  PickleEndpoint(GraphitePoints format, PointConsumer to, PointTally tally) {
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
      if (!one(connection, in, length, lane)) {
        return;
      }
    }
  }

  /** Whether to continue with the connection. */
  private boolean one(Socket connection, DataInputStream in, int length, long lane)
      throws IOException, InterruptedException {
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      byte[] b = read(held.watched(in, connection), length, held);
      if (b == null) {
        return false;
      }
      held.await(FACTOR * length);
      try (Points p = to.open(lane, Metadata.NONE)) {
        tally.refused(TRANSPORT, format.pickle(b, 0, b.length, p, held.awaiting()));
        PointSockets.deliver(p, tally, TRANSPORT);
      } catch (CodecException e) {
        tally.refused(TRANSPORT, 1, String.valueOf(e.getMessage()));
      }
      return true;
    } catch (ByteBudget.OverBudgetException e) {
      tally.refused(TRANSPORT, 1, String.valueOf(e.getMessage()));
      return false;
    }
  }

  /** Reads so many bytes, and holds no memory for what does not come; null at the end. */
  private static byte @Nullable [] read(InputStream in, int length, ByteBudget.Reservation held)
      throws IOException, InterruptedException {
    byte[] b = new byte[Math.min(length, PIECE)];
    int n = 0;
    while (n < length) {
      if (n == b.length) {
        int size = (int) Math.min(length, 2L * n);
        held.await(size - n);
        b = Arrays.copyOf(b, size);
      }
      int k = in.read(b, n, b.length - n);
      if (k < 0) {
        return null;
      }
      n += k;
    }
    return b;
  }
}
