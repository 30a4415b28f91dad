package dev.tethys.web.client;

import dev.tethys.web.internal.Hpack;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of a client (RFC 9113), for calls that send a body and read an answer with
 * trailers. A virtual thread reads frames and wakes whose call they end.
 *
 * <p>Invariants: {@code streams} holds the calls under way; windows, ids and {@code streams} are
 * guarded by {@code lock}; the output by {@code writing}, which is taken before {@code lock} where
 * both are needed, so that streams begin in the order of their ids. The reader takes {@code
 * writing} only for frames of a few bytes. Header blocks are read with the connection's HPACK table
 * by the reader alone; those sent use no table.
 */
final class Http2Connection {
  /** The largest frame that may be sent to us: HTTP/2's smallest limit. */
  private static final int MAX_FRAME = 16_384;

  /** The largest block of headers that is read. */
  static final int MAX_HEADERS = 64 << 10;

  private static final int WINDOW = 65_535;

  /**
   * What the server may send on the connection before it hears from us again: more than calls can
   * take, each of which has its own window and bound. Helidon's server counts a narrow one wrong
   * when streams write at the same time, and then ends the connection.
   */
  private static final int OWN_WINDOW = 1 << 30;

  /** The server hears of its window after so many bytes. */
  private static final int REFILL = 1 << 20;

  /** A peer that takes nothing for so long is given up. */
  private static final long STALL_NANOS = 20_000_000_000L;

  private static final long TICK_NANOS = 1_000_000_000;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;

  private static final int NO_ERROR = 0;
  private static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;

  /** The last id that a connection can give. */
  private static final int LAST_ID = Integer.MAX_VALUE - 2;

  /** A call that the server has surely not worked on. */
  static final class NotSentException extends IOException {
    private static final long serialVersionUID = 1L;

    NotSentException(String message) {
      super(message);
    }
  }

  /** An answer: its headers and trailers together, and its body. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Ended(int httpStatus, Map<String, List<String>> headers, byte[] body) {}

  private final class Stream {
    final int id;
    final Condition changed = lock.newCondition();
    final Map<String, List<String>> headers = new TreeMap<>();
    final ByteArrayOutputStream body = new ByteArrayOutputStream(64);
    long sendWindow;
    int httpStatus;
    boolean ended;
    @Nullable IOException failure;

    Stream(int id, long sendWindow) {
      this.id = id;
      this.sendWindow = sendWindow;
    }
  }

  private final Wire wire;
  private final DataInputStream in;
  private final OutputStream out; // guarded by writing
  private final boolean secure;
  private final String authority;
  private final int maxAnswer;
  private final Hpack hpack = new Hpack(); // the reader's
  private int taken; // the reader's: bytes of data that the server has not been told of
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Map<Integer, Stream> streams = new HashMap<>();
  private long sendWindow = WINDOW;
  private int initialWindow = WINDOW;
  private int maxFrame = MAX_FRAME;
  private int maxStreams = 100;
  private int nextId = 1;
  private boolean open = true;
  private boolean retired;
  private volatile long heardAt = System.nanoTime();
  private volatile long writeBegan; // 0 while nothing is being written

  private Http2Connection(Wire wire, boolean secure, String authority, int maxAnswer) {
    this.wire = wire;
    this.in = new DataInputStream(new java.io.BufferedInputStream(wire.in(), 16 << 10));
    this.out =
        new BufferedOutputStream(
            new FilterOutputStream(wire.out()) {
              @Override
              public void write(byte[] b, int off, int len) throws IOException {
                writeBegan = System.nanoTime() | 1;
                try {
                  out.write(b, off, len);
                } finally {
                  writeBegan = 0;
                }
              }
            },
            32 << 10);
    this.secure = secure;
    this.authority = authority;
    this.maxAnswer = maxAnswer;
  }

  static Http2Connection start(
      Wire wire,
      boolean secure,
      String authority,
      int maxAnswer,
      Duration keepaliveTime,
      Duration keepaliveTimeout,
      boolean keepaliveIdle)
      throws IOException {
    Http2Connection c = new Http2Connection(wire, secure, authority, maxAnswer);
    c.writing.lock();
    try {
      c.out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      c.frame(SETTINGS, 0, 0, new byte[] {0, 2, 0, 0, 0, 0}); // no pushing
      c.frame(WINDOW_UPDATE, 0, 0, bytes(OWN_WINDOW - WINDOW));
      c.out.flush();
    } finally {
      c.writing.unlock();
    }
    Thread.ofVirtual().name("http2-reader").start(c::read);
    Thread.ofVirtual()
        .name("http2-watch")
        .start(() -> c.watch(keepaliveTime, keepaliveTimeout, keepaliveIdle));
    return c;
  }

  /** Whether calls may begin on it. */
  boolean isOpen() {
    lock.lock();
    try {
      return open && !retired;
    } finally {
      lock.unlock();
    }
  }

  /** Takes no new calls, and closes when those under way have ended. */
  void retire() {
    lock.lock();
    boolean idle;
    try {
      retired = true;
      idle = streams.isEmpty();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    if (idle) {
      close();
    }
  }

  void close() {
    fail(new IOException("the connection was closed"));
  }

  private void fail(IOException why) {
    lock.lock();
    try {
      if (open) {
        open = false;
        for (Stream s : streams.values()) {
          if (!s.ended && s.failure == null) {
            s.failure = why;
          }
          s.changed.signalAll();
        }
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
    try {
      wire.socket().close();
    } catch (IOException e) {
      // it is over anyway
    }
  }

  /** Sends a request, whose body has two parts, and waits for its answer. */
  Ended call(String path, Map<String, String> headers, byte[] first, byte[] second, long deadline)
      throws IOException, InterruptedException {
    byte[] block = block(path, headers);
    Stream s = begin(block, deadline);
    try {
      send(s, first, false, deadline);
      send(s, second, true, deadline);
      return answer(s, deadline);
    } catch (HttpTimeoutException | InterruptedException e) {
      reset(s);
      throw e;
    } catch (IOException e) {
      // What the peer said of the call or of the connection says more than a broken pipe.
      lock.lock();
      try {
        if (s.ended) {
          return new Ended(s.httpStatus, s.headers, s.body.toByteArray());
        }
        throw s.failure != null ? s.failure : e;
      } finally {
        lock.unlock();
      }
    } finally {
      end(s);
    }
  }

  private byte[] block(String path, Map<String, String> headers) {
    ByteArrayOutputStream b = new ByteArrayOutputStream(256);
    b.write(0x83); // :method POST, of the static table
    b.write(secure ? 0x87 : 0x86); // :scheme
    b.write(0x04); // :path, a literal
    Hpack.text(b, path);
    b.write(0x01); // :authority, a literal
    Hpack.text(b, authority);
    headers.forEach(
        (k, v) -> {
          b.write(0);
          Hpack.text(b, k);
          Hpack.text(b, v);
        });
    return b.toByteArray();
  }

  private static HttpTimeoutException late() {
    return new HttpTimeoutException("context deadline exceeded");
  }

  private Stream begin(byte[] block, long deadline) throws IOException, InterruptedException {
    while (true) {
      awaitRoom(deadline);
      writing.lockInterruptibly();
      try {
        Stream s;
        lock.lock();
        try {
          if (!open || retired) {
            throw new NotSentException("the connection takes no more calls");
          }
          if (streams.size() >= maxStreams) {
            continue;
          }
          s = new Stream(nextId, initialWindow);
          nextId += 2;
          retired |= nextId > LAST_ID;
          streams.put(s.id, s);
        } finally {
          lock.unlock();
        }
        try {
          headers(s.id, block);
        } catch (IOException e) {
          end(s);
          fail(e);
          throw new NotSentException("the connection broke: " + e.getMessage());
        }
        return s;
      } finally {
        writing.unlock();
      }
    }
  }

  private void awaitRoom(long deadline) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (open && !retired && streams.size() >= maxStreams) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw late();
        }
        room.await(left, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void headers(int id, byte[] block) throws IOException {
    int n = Math.min(block.length, MAX_FRAME);
    head(n, HEADERS, n == block.length ? END_HEADERS : 0, id);
    out.write(block, 0, n);
    for (int p = n; p < block.length; p += n) {
      n = Math.min(block.length - p, MAX_FRAME);
      head(n, CONTINUATION, p + n == block.length ? END_HEADERS : 0, id);
      out.write(block, p, n);
    }
  }

  private void send(Stream s, byte[] data, boolean last, long deadline)
      throws IOException, InterruptedException {
    int p = 0;
    do {
      int n = window(s, data.length - p, deadline);
      if (n < 0) {
        return; // the answer is there already
      }
      writing.lockInterruptibly();
      try {
        boolean end = last && p + n == data.length;
        head(n, DATA, end ? END_STREAM : 0, s.id);
        out.write(data, p, n);
        if (end || n < data.length - p) {
          out.flush();
        }
      } catch (IOException e) {
        fail(e);
        throw e;
      } finally {
        writing.unlock();
      }
      p += n;
    } while (p < data.length);
  }

  /** Takes as much of the windows as there is, at most a frame; -1 once the call has ended. */
  private int window(Stream s, int want, long deadline) throws IOException, InterruptedException {
    if (want == 0) {
      return 0;
    }
    boolean flushed = false;
    while (true) {
      lock.lockInterruptibly();
      try {
        if (s.failure != null) {
          throw s.failure;
        }
        if (s.ended) {
          return -1;
        }
        long free = Math.min(sendWindow, s.sendWindow);
        if (free > 0) {
          int n = (int) Math.min(Math.min(free, want), maxFrame);
          sendWindow -= n;
          s.sendWindow -= n;
          return n;
        }
        if (flushed) {
          long left = deadline - System.nanoTime();
          if (left <= 0) {
            throw late();
          }
          s.changed.await(left, TimeUnit.NANOSECONDS);
        }
      } finally {
        lock.unlock();
      }
      if (!flushed) {
        // The peer opens its window only for what it has seen.
        writing.lockInterruptibly();
        try {
          out.flush();
        } finally {
          writing.unlock();
        }
        flushed = true;
      }
    }
  }

  private Ended answer(Stream s, long deadline) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!s.ended) {
        if (s.failure != null) {
          throw s.failure;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw late();
        }
        s.changed.await(left, TimeUnit.NANOSECONDS);
      }
      return new Ended(s.httpStatus, s.headers, s.body.toByteArray());
    } finally {
      lock.unlock();
    }
  }

  private void reset(Stream s) {
    try {
      small(RST_STREAM, 0, s.id, new byte[] {0, 0, 0, CANCEL});
    } catch (IOException e) {
      fail(e);
    }
  }

  private void end(Stream s) {
    boolean last;
    lock.lock();
    try {
      streams.remove(s.id);
      last = retired && streams.isEmpty() && open;
      room.signal();
    } finally {
      lock.unlock();
    }
    if (last) {
      close();
    }
  }

  private void head(int length, int type, int flags, int id) throws IOException {
    byte[] h = {
      (byte) (length >>> 16),
      (byte) (length >>> 8),
      (byte) length,
      (byte) type,
      (byte) flags,
      (byte) (id >>> 24),
      (byte) (id >>> 16),
      (byte) (id >>> 8),
      (byte) id
    };
    out.write(h);
  }

  private void frame(int type, int flags, int id, byte[] payload) throws IOException {
    head(payload.length, type, flags, id);
    out.write(payload);
  }

  private void small(int type, int flags, int id, byte[] payload) throws IOException {
    writing.lock();
    try {
      frame(type, flags, id, payload);
      out.flush();
    } finally {
      writing.unlock();
    }
  }

  /** Ends the connection when the peer takes no bytes, or, where asked for, gives none. */
  private void watch(Duration time, Duration timeout, boolean idle) {
    long tick = time.isPositive() ? Math.min(TICK_NANOS, time.toNanos()) : TICK_NANOS;
    long asked = 0;
    boolean asking = false;
    while (true) {
      LockSupport.parkNanos(tick);
      boolean wanted;
      lock.lock();
      try {
        if (!open) {
          return;
        }
        wanted = time.isPositive() && (idle || !streams.isEmpty());
      } finally {
        lock.unlock();
      }
      long now = System.nanoTime();
      long began = writeBegan;
      if (began != 0 && now - began > STALL_NANOS) {
        fail(new IOException("the server takes no bytes"));
        return;
      }
      if (asking && heardAt - asked >= 0) {
        asking = false;
      }
      if (asking && now - asked > timeout.toNanos()) {
        fail(new IOException("the server did not answer for " + timeout.toMillis() + " ms"));
        return;
      }
      if (wanted && !asking && now - heardAt >= time.toNanos()) {
        asking = true;
        asked = now;
        try {
          small(PING, 0, 0, new byte[8]);
        } catch (IOException e) {
          fail(e);
          return;
        }
      }
    }
  }

  private void read() {
    try {
      while (true) {
        frame();
      }
    } catch (EOFException e) {
      fail(new IOException("the server closed the connection"));
    } catch (IOException e) {
      fail(e);
    } catch (RuntimeException e) {
      fail(new IOException("malformed HTTP/2 from the server: " + e.getMessage(), e));
    }
  }

  private void frame() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int id = in.readInt() & Integer.MAX_VALUE;
    if (length > MAX_FRAME) {
      throw new IOException("a frame of " + length + " bytes from the server; 16384 are allowed");
    }
    byte[] p = new byte[length];
    in.readFully(p);
    heardAt = System.nanoTime();
    switch (type) {
      case DATA -> data(id, flags, p);
      case HEADERS -> block(id, flags, p);
      case RST_STREAM -> failed(id, error(p, 0));
      case SETTINGS -> settings(flags, p);
      case PING -> {
        if ((flags & ACK) == 0) {
          small(PING, ACK, 0, p);
        }
      }
      case GOAWAY -> goAway(p);
      case WINDOW_UPDATE -> windowUpdate(id, (int) number(p, 0) & Integer.MAX_VALUE);
      case PUSH_PROMISE, CONTINUATION -> throw new IOException("an unexpected frame " + type);
      default -> {
        // unknown frames are to be passed over
      }
    }
  }

  private static long number(byte[] b, int at) throws IOException {
    if (b.length < at + 4) {
      throw new IOException("a truncated frame from the server");
    }
    return (b[at] & 0xffL) << 24
        | (b[at + 1] & 0xff) << 16
        | (b[at + 2] & 0xff) << 8
        | b[at + 3] & 0xff;
  }

  private static int error(byte[] p, int at) throws IOException {
    return (int) number(p, at);
  }

  /** What a frame holds without its padding. */
  private static int[] unpadded(int flags, byte[] p) throws IOException {
    int from = 0;
    int to = p.length;
    if ((flags & PADDED) != 0) {
      if (p.length == 0) {
        throw new IOException("a truncated frame from the server");
      }
      from = 1;
      to -= p[0] & 0xff;
    }
    if ((flags & PRIORITY) != 0) {
      from += 5;
    }
    if (to < from) {
      throw new IOException("a frame that is all padding from the server");
    }
    return new int[] {from, to};
  }

  private void data(int id, int flags, byte[] p) throws IOException {
    int[] range = unpadded(flags & ~PRIORITY, p);
    boolean known;
    lock.lock();
    try {
      Stream s = streams.get(id);
      known = s != null && !s.ended;
      if (s != null && known) {
        if (s.body.size() + range[1] - range[0] > maxAnswer) {
          s.failure = new IOException("the answer is larger than " + maxAnswer + " bytes");
        } else {
          s.body.write(p, range[0], range[1] - range[0]);
        }
        s.ended |= (flags & END_STREAM) != 0 && s.failure == null;
        s.changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    taken += p.length;
    if (taken >= REFILL) {
      small(WINDOW_UPDATE, 0, 0, bytes(taken));
      taken = 0;
    }
    if (p.length > 0 && known && (flags & END_STREAM) == 0) {
      small(WINDOW_UPDATE, 0, id, bytes(p.length));
    }
  }

  private static byte[] bytes(int n) {
    return new byte[] {(byte) (n >>> 24), (byte) (n >>> 16), (byte) (n >>> 8), (byte) n};
  }

  private void block(int id, int flags, byte[] p) throws IOException {
    int[] range = unpadded(flags, p);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(p, range[0], range[1] - range[0]);
    int more = flags;
    while ((more & END_HEADERS) == 0) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      more = in.readUnsignedByte();
      int of = in.readInt() & Integer.MAX_VALUE;
      if (type != CONTINUATION || of != id || length + all.size() > MAX_HEADERS) {
        throw new IOException("malformed or too many headers from the server");
      }
      byte[] next = new byte[length];
      in.readFully(next);
      all.writeBytes(next);
    }
    Map<String, List<String>> read = hpack.read(all.toByteArray(), id);
    lock.lock();
    try {
      Stream s = streams.get(id);
      if (s == null || s.ended) {
        return;
      }
      List<String> status = read.remove(":status");
      if (status != null) {
        int code = Integer.parseInt(status.getFirst());
        if (code / 100 == 1) {
          return;
        }
        s.httpStatus = code;
      }
      read.forEach((k, v) -> s.headers.computeIfAbsent(k, x -> new ArrayList<>()).addAll(v));
      s.ended |= (flags & END_STREAM) != 0 && s.failure == null;
      s.changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void failed(int id, int error) {
    lock.lock();
    try {
      Stream s = streams.get(id);
      // RST_STREAM with NO_ERROR behind a whole answer only says that the rest is not wanted.
      if (s != null && !s.ended && s.failure == null) {
        s.failure =
            error == REFUSED_STREAM
                ? new NotSentException("the server refused the call")
                : new IOException("the server broke off the call, HTTP/2 error " + error);
        s.changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void settings(int flags, byte[] p) throws IOException {
    if ((flags & ACK) != 0) {
      return;
    }
    lock.lock();
    try {
      for (int i = 0; i + 6 <= p.length; i += 6) {
        int key = (p[i] & 0xff) << 8 | p[i + 1] & 0xff;
        long value = number(p, i + 2);
        switch (key) {
          case 3 -> {
            maxStreams = (int) Math.min(value, Integer.MAX_VALUE);
            room.signalAll();
          }
          case 4 -> {
            if (value > Integer.MAX_VALUE) {
              throw new IOException("a window of " + value + " from the server");
            }
            long change = value - initialWindow;
            initialWindow = (int) value;
            for (Stream s : streams.values()) {
              s.sendWindow += change;
              s.changed.signalAll();
            }
          }
          case 5 -> {
            if (value >= MAX_FRAME) {
              maxFrame = (int) Math.min(value, 64 << 10);
            }
          }
          default -> {
            // the table size concerns encoders that use one
          }
        }
      }
    } finally {
      lock.unlock();
    }
    small(SETTINGS, ACK, 0, new byte[0]);
  }

  private void goAway(byte[] p) throws IOException {
    long last = number(p, 0) & Integer.MAX_VALUE;
    int error = error(p, 4);
    boolean idle;
    lock.lock();
    try {
      retired = true;
      for (Stream s : streams.values()) {
        if (s.id > last && !s.ended && s.failure == null) {
          s.failure = new NotSentException("the server is going away, error " + error);
        }
        s.changed.signalAll();
      }
      idle = streams.isEmpty();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    if (idle || error != NO_ERROR) {
      fail(new IOException("the server ended the connection, HTTP/2 error " + error));
    }
  }

  private void windowUpdate(int id, int by) throws IOException {
    lock.lock();
    try {
      if (id == 0) {
        sendWindow += by;
        if (sendWindow > Integer.MAX_VALUE) {
          throw new IOException("a window beyond its bounds from the server");
        }
        streams.values().forEach(s -> s.changed.signalAll());
      } else {
        Stream s = streams.get(id);
        if (s != null) {
          s.sendWindow += by;
          s.changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
