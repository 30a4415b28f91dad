package dev.tethys.web.internal.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Writer that announces fewer concurrent streams than the engine accepts (SETTINGS, RFC 9113
 * section 6.5). The engine counts a stream until some time after it has sent its end, and closes
 * the whole connection when its limit is exceeded: a client that uses the exact limit would lose
 * its connection by starting a stream as soon as another has ended.
 *
 * <p>Invariant: {@code announced} is false until the first SETTINGS frame, which is the first that
 * the engine writes.
 */
final class StreamLimitWriter implements DataWriter {
  private static final int HEADER = 9;
  private static final int SETTINGS = 4;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int ENTRY = 6;
  private static final long NEVER = Long.MAX_VALUE;
  private static final int MAX_CONCURRENT_STREAMS = 3;

  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  /** {@code :status: 431}, a literal that is not added to the table (RFC 7541 section 6.2.2). */
  private static final byte[] REFUSED_HEAD = {0x08, 3, '4', '3', '1'};

  private final DataWriter out;
  private final int streams;
  private final LongSupplier nanos;

  /** Lock that keeps frames of different writers apart. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile boolean announced; // written under lock
  private boolean answered; // guarded by lock
  private volatile long answerFrames; // written under lock

  /** Whether the final GOAWAY was written; later frames are discarded. */
  @GuardedBy("lock")
  private boolean over;

  /** When the frame began that is being written. */
  private volatile long writingSince = NEVER;

  StreamLimitWriter(DataWriter out, int streams, LongSupplier nanos) {
    this.out = out;
    this.streams = streams;
    this.nanos = nanos;
  }

  private BufferData seen(BufferData data) {
    if (announced && data.available() >= HEADER) {
      int type = data.get(3);
      if (type == DATA || type == HEADERS) {
        answered = true;
        answerFrames = answerFrames + 1;
      }
    }
    if (announced || data.available() < HEADER || data.get(3) != SETTINGS) {
      return data;
    }
    announced = true;
    byte[] frame = new byte[data.available()];
    data.read(frame, 0, frame.length);
    int end = HEADER + ((frame[0] & 0xff) << 16 | (frame[1] & 0xff) << 8 | frame[2] & 0xff);
    for (int at = HEADER; at + ENTRY <= Math.min(end, frame.length); at += ENTRY) {
      if (((frame[at] & 0xff) << 8 | frame[at + 1] & 0xff) == MAX_CONCURRENT_STREAMS) {
        frame[at + 2] = (byte) (streams >>> 24);
        frame[at + 3] = (byte) (streams >>> 16);
        frame[at + 4] = (byte) (streams >>> 8);
        frame[at + 5] = (byte) streams;
      }
    }
    return BufferData.create(frame);
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    write(buffer, b -> out.write(seen(b)));
  }

  /** Writes a whole frame, unless the final frames have been sent. */
  private void write(BufferData frame, Consumer<BufferData> by) {
    lock.lock();
    try {
      writingSince = nanos.getAsLong();
      if (!over) {
        by.accept(frame);
      }
    } finally {
      writingSince = NEVER;
      lock.unlock();
    }
  }

  @Override
  public void writeNow(BufferData... buffers) {
    writeNow(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    write(buffer, b -> out.writeNow(seen(b)));
  }

  /** Whether the engine has written its first frame, which must be SETTINGS. */
  boolean hasBegun() {
    return announced;
  }

  /** Ends all writing. */
  void end() {
    lock.lock();
    try {
      over = true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a client has not read a frame, of any kind, for longer than this. */
  boolean isStuck(long now, long timeLimit) {
    long since = writingSince;
    return since != NEVER && now - since > timeLimit;
  }

  /** Whether any response data was written since the last call. */
  boolean hasAnswered() {
    lock.lock();
    try {
      boolean was = answered;
      answered = false;
      return was;
    } finally {
      lock.unlock();
    }
  }

  /** Frames of responses that were written. */
  long answerFrames() {
    return answerFrames;
  }

  /**
   * Tells the client that streams beyond the given one will not be processed (GOAWAY, RFC 9113
   * section 6.8). The client may retry them on another connection.
   *
   * @param code error code, 0 if none
   */
  void goAway(int lastStream, int code, String why) {
    byte[] reason = why.getBytes(StandardCharsets.US_ASCII);
    small(
        GOAWAY, ByteBuffer.allocate(8 + reason.length).putInt(lastStream).putInt(code).put(reason));
  }

  /**
   * Ends the connection because of a violation by the client: responds to the request of a stream,
   * if any, with 431 and gives the reason.
   *
   * @param stream 0 if none
   */
  void refuse(int stream, int code, String why) {
    if (!announced) {
      announced = true;
      small(SETTINGS, ByteBuffer.allocate(0)); // the first frame of a server
    }
    if (stream > 0) {
      byte[] frame = new byte[HEADER + REFUSED_HEAD.length];
      ByteBuffer.wrap(frame)
          .put(2, (byte) REFUSED_HEAD.length)
          .put(3, (byte) HEADERS)
          .put(4, (byte) (END_STREAM | END_HEADERS))
          .putInt(5, stream)
          .put(HEADER, REFUSED_HEAD);
      write(BufferData.create(frame), out::writeNow);
    }
    goAway(stream == 0 ? Integer.MAX_VALUE : stream, code, why);
    end();
  }

  /** Sends a PING to check the client (RFC 9113 section 6.7). */
  void ping() {
    small(PING, ByteBuffer.allocate(8));
  }

  private void small(int type, ByteBuffer payload) {
    byte[] frame =
        ByteBuffer.allocate(HEADER + payload.capacity())
            .put(2, (byte) payload.capacity())
            .put(3, (byte) type)
            .put(HEADER, payload.array())
            .array();
    write(BufferData.create(frame), out::writeNow);
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    out.close();
  }
}
