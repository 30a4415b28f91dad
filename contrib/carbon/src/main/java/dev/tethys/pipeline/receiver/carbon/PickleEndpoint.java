package dev.tethys.pipeline.receiver.carbon;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.graphite.GraphitePoints;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.receiver.points.MessageListener;
import dev.tethys.pipeline.receiver.points.MessageListener.RefusedException;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads pickled lists over TCP, each preceded by its length in four bytes. */
final class PickleEndpoint implements MessageListener.Handler<PickleEndpoint.Pickle> {
  /**
   * Pickled list.
   *
   * @param held its memory, reserved until the next list is read
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record Pickle(byte[] bytes, long lane, ByteBudget.Reservation held) {}

  /**
   * Carbon's own limit; a longer message ends the connection, because the next one cannot be
   * located.
   */
  static final int MAX_BYTES = 1 << 20;

  /** Memory per byte of a pickle, read and as points. */
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

  /** Opens the message stream of a connection. */
  static MessageListener.Input<Pickle> open(Socket connection) throws IOException {
    ByteBudget.Reservation held = ByteBudget.process().open();
    DataInputStream in = new DataInputStream(held.watched(connection.getInputStream(), connection));
    long lane = PipelinePoints.lane(connection.getInetAddress());
    return new MessageListener.Input<>() {
      @Override
      public @Nullable Pickle next() throws IOException, InterruptedException {
        held.close();
        int length;
        try {
          length = in.readInt();
        } catch (EOFException e) {
          return null;
        }
        if (length < 0 || length > MAX_BYTES) {
          throw new RefusedException(
              "a pickle of " + length + " bytes, more than " + MAX_BYTES + " allowed", null);
        }
        try {
          byte[] b = read(in, length, held);
          return b == null ? null : new Pickle(b, lane, held);
        } catch (ByteBudget.OverBudgetException e) {
          throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
      }

      @Override
      public void close() {
        held.close();
      }
    };
  }

  @Override
  public boolean take(Pickle m) throws InterruptedException {
    try {
      m.held.await(FACTOR * m.bytes.length);
      try (Points p = to.open(m.lane, Metadata.NONE)) {
        tally.refused(TRANSPORT, format.pickle(m.bytes, 0, m.bytes.length, p, m.held.awaiting()));
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

  @Override
  public void refused(String reason) {
    tally.refused(TRANSPORT, 1, reason);
  }

  /** Reads {@code length} bytes, reserving memory only for data that arrives; null at the end. */
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
