package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.cluster.MemberlistMessages.NodeState;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Message of another member that arrives over a stream.
 *
 * @param type kind of the message
 * @param rest its fields, decompressed
 */
record StreamMessage(int type, InputStream rest) {
  /** Bytes of memory for each byte of a state while it is merged. */
  private static final int STATE_FACTOR = 3;

  private static final int PIECE = 64 << 10;

  /** Returns a stream whose bytes are reserved in a budget as they arrive. */
  static InputStream accounted(InputStream in, LongConsumer reserve) {
    return new Accounted(in, reserve);
  }

  /** Reads the kind of a message, and decompresses it. */
  static StreamMessage read(InputStream raw) throws IOException {
    return read(raw, _ -> {});
  }

  /** Reads a message, reserving memory for a compressed one before decompressing it. */
  static StreamMessage read(InputStream raw, LongConsumer reserve) throws IOException {
    InputStream in = new BufferedInputStream(raw);
    int type = in.read();
    if (type < 0) {
      throw new EOFException("no data received");
    }
    if (type == MemberlistMessages.ENCRYPTED) {
      throw new ProtocolException("it is encrypted, which Alertmanager does not support");
    }
    if (type == MemberlistMessages.COMPRESSED) {
      reserve.accept(2 * PIECE);
      byte[] b =
          MemberlistMessages.decompressed(
              MemberlistFields.read(in),
              2 * MemberlistMessages.MAX_STATE_BYTES,
              n -> reserve.accept(STATE_FACTOR * n));
      return new StreamMessage(b[0] & 0xff, new ByteArrayInputStream(b, 1, b.length - 1));
    }
    return new StreamMessage(type, in);
  }

  /** Members and application state that two members exchange. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Exchange(List<NodeState> nodes, byte[] state) {}

  /**
   * Returns the states of a push-pull message.
   *
   * @throws ProtocolException if they are larger than allowed
   */
  Exchange states() throws IOException {
    MemberlistFields head = MemberlistFields.read(rest);
    long n = head.number("Nodes");
    long length = head.number("UserStateLen");
    if (n < 0
        || n > MemberlistMessages.MAX_MEMBERS
        || length < 0
        || length > MemberlistMessages.MAX_STATE_BYTES) {
      throw new ProtocolException(
          "a state of " + n + " members and " + length + " bytes is too large");
    }
    List<NodeState> nodes = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      nodes.add(MemberlistMessages.nodeState(MemberlistFields.read(rest)));
    }
    byte[] state = rest.readNBytes((int) length);
    if (state.length < length) {
      throw new EOFException("a state is cut off");
    }
    return new Exchange(nodes, state);
  }

  private static final class Accounted extends FilterInputStream {
    private final LongConsumer reserve;
    private long read;
    private long reserved;

    Accounted(InputStream in, LongConsumer reserve) {
      super(in);
      this.reserve = reserve;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = in.read(b, off, len);
      read += Math.max(0, n);
      if (read > reserved) {
        reserve.accept(STATE_FACTOR * (long) PIECE);
        reserved += PIECE;
      }
      return n;
    }
  }
}
