package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.internal.FrameBudget;
import dev.tethys.web.internal.Hpack;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of a client (RFC 9113), for calls that send a body and read a response with
 * trailers. A virtual thread reads frames and wakes whose call they end.
 *
 * <p>Invariants: {@code streams} holds the calls in progress; windows, IDs and {@code streams} are
 * guarded by {@code lock}; the writer's turn is acquired before {@code lock} if both are needed, so
 * that streams start in the order of their IDs. The reading thread acquires the write turn only for
 * frames of a few bytes. Header blocks are read with the connection's HPACK table by the reader
 * only; those sent use no table.
 */
final class Http2Connection {
  private static final int WINDOW = 65_535;

  /**
   * Bytes the server may send on the connection before a window update: more than all calls
   * together, each of which has its own window and limit. Helidon's server counts a narrow one
   * wrong when streams write at the same time, and then ends the connection.
   */
  private static final int OWN_WINDOW = 1 << 30;

  /** Bytes after which a window update is sent. */
  private static final int REFILL = 1 << 20;

  /** Interim 1xx responses before the final one. */
  private static final int MAX_INTERIM = 16;

  /** The last id that a connection can give. */
  private static final int LAST_ID = Integer.MAX_VALUE - 2;

  /** Call that the server has certainly not processed. */
  static final class NotSentException extends IOException {
    private static final long serialVersionUID = 1L;

    NotSentException(String message) {
      super(message);
    }
  }

  /** A response: its headers and trailers together, its body, and the time of the first headers. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Ended(int httpStatus, Map<String, List<String>> headers, byte[] body, long headersAt) {}

  private final class Stream {
    final int id;
    final Condition changed = lock.newCondition();
    final Map<String, List<String>> headers = new TreeMap<>();
    final ByteArrayOutputStream body = new ByteArrayOutputStream(64);
    long sendWindow;
    int httpStatus;
    int interim;
    long headersAt;
    boolean ended;
    @Nullable IOException failure;

    Stream(int id, long sendWindow) {
      this.id = id;
      this.sendWindow = sendWindow;
    }
  }

  private final ConnectionStreams wire;
  private final FrameReader reader;
  private final FrameWriter writer;
  private final boolean secure;
  private final String authority;
  private final int maxAnswer;
  private final Hpack hpack = new Hpack(FrameReader.MAX_HEADERS); // the reader's
  private final FrameBudget budget = new FrameBudget(System::nanoTime); // the reader's
  private int taken; // the reader's: bytes of data without a window update yet
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  @GuardedBy("lock")
  private final Map<Integer, Stream> streams = new HashMap<>();

  @GuardedBy("lock")
  private long sendWindow = WINDOW;

  @GuardedBy("lock")
  private int initialWindow = WINDOW;

  @GuardedBy("lock")
  private int maxFrame = FrameWriter.MAX_FRAME;

  @GuardedBy("lock")
  private int maxStreams = 100;

  @GuardedBy("lock")
  private int nextId = 1;

  @GuardedBy("lock")
  private boolean open = true;

  @GuardedBy("lock")
  private boolean retired;

  private @Nullable IOException failure; // that ended the connection
  private volatile long receivedAt = System.nanoTime();
  private volatile boolean receiving; // a whole frame

  private Http2Connection(ConnectionStreams wire, boolean secure, String authority, int maxAnswer) {
    this.wire = wire;
    this.reader = new FrameReader(wire.in());
    this.writer = new FrameWriter(wire.out());
    this.secure = secure;
    this.authority = authority;
    this.maxAnswer = maxAnswer;
  }

  static Http2Connection start(
      ConnectionStreams wire,
      boolean secure,
      String authority,
      int maxAnswer,
      Duration keepaliveTime,
      Duration keepaliveTimeout,
      boolean keepaliveIdle)
      throws IOException {
    Http2Connection c = new Http2Connection(wire, secure, authority, maxAnswer);
    try {
      c.writer.open(OWN_WINDOW - WINDOW);
    } catch (IOException e) {
      throw c.explained(e);
    }
    Thread.ofVirtual().name("http2-reader").start(c::read);
    Thread.ofVirtual()
        .name("http2-watch")
        .start(new Keepalive(c, c.writer, keepaliveTime, keepaliveTimeout, keepaliveIdle));
    return c;
  }

  /** Whether new calls can start on it. */
  boolean isOpen() {
    lock.lock();
    try {
      return open && !retired;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it has not ended. */
  boolean isAlive() {
    lock.lock();
    try {
      return open;
    } finally {
      lock.unlock();
    }
  }

  boolean hasCalls() {
    lock.lock();
    try {
      return !streams.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the time of the last complete frame, as of nanoTime. */
  long receivedAt() {
    return receivedAt;
  }

  /** Accepts no new calls, and closes when those in progress have ended. */
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

  /** Closes the connection, and fails the calls in progress with a cause. */
  void fail(IOException cause) {
    lock.lock();
    try {
      if (open) {
        open = false;
        failure = cause;
        for (Stream s : streams.values()) {
          if (!s.ended && s.failure == null) {
            s.failure = cause;
          }
          s.changed.signalAll();
        }
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
    wire.abort(); // a writer that waits for the server would keep a goodbye waiting, too
  }

  /** Sends a request of any method and waits for its response. */
  Ended call(String method, String path, Map<String, String> headers, byte[] body, long deadline)
      throws IOException, InterruptedException {
    return call(block(method, path, headers), new byte[0], body, deadline);
  }

  /** Posts a body of two parts and waits for the response. */
  Ended call(String path, Map<String, String> headers, byte[] first, byte[] second, long deadline)
      throws IOException, InterruptedException {
    return call(block("POST", path, headers), first, second, deadline);
  }

  private Ended call(byte[] block, byte[] first, byte[] second, long deadline)
      throws IOException, InterruptedException {
    Stream s = begin(block, deadline);
    try {
      send(s, first, false, deadline);
      send(s, second, true, deadline);
      return answer(s, deadline);
    } catch (HttpTimeoutException | InterruptedException e) {
      reset(s);
      throw e;
    } catch (IOException e) {
      // The peer's message about the call or the connection is more specific than a broken pipe.
      lock.lock();
      try {
        if (s.ended) {
          return new Ended(s.httpStatus, s.headers, s.body.toByteArray(), s.headersAt);
        }
        throw s.failure != null ? s.failure : e;
      } finally {
        lock.unlock();
      }
    } finally {
      end(s);
    }
  }

  private byte[] block(String method, String path, Map<String, String> headers) {
    ByteArrayOutputStream b = new ByteArrayOutputStream(256);
    switch (method) {
      case "GET" -> b.write(0x82); // :method GET, of the static table
      case "POST" -> b.write(0x83);
      default -> {
        b.write(0x02); // :method, a literal
        Hpack.text(b, method);
      }
    }
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
      writer.take();
      try {
        Stream s;
        lock.lock();
        try {
          if (!open || retired) {
            throw new NotSentException(
                failure == null
                    ? "the connection accepts no more calls"
                    : "the connection broke: " + failure.getMessage());
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
          writer.headers(s.id, block);
        } catch (IOException e) {
          IOException cause = explained(e);
          end(s);
          fail(cause);
          throw new NotSentException("the connection broke: " + cause.getMessage());
        }
        return s;
      } finally {
        writer.unlock();
      }
    }
  }

  private void awaitRoom(long deadline) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (open && !retired && streams.size() >= maxStreams) {
        long remaining = deadline - System.nanoTime();
        if (remaining <= 0) {
          throw late();
        }
        room.await(remaining, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void send(Stream s, byte[] data, boolean last, long deadline)
      throws IOException, InterruptedException {
    int p = 0;
    do {
      int n = window(s, data.length - p, deadline);
      if (n < 0) {
        return; // the response is already available
      }
      writer.take();
      try {
        boolean end = last && p + n == data.length;
        writer.data(s.id, data, p, n, end);
        if (end || n < data.length - p) {
          writer.flush();
        }
      } catch (IOException e) {
        IOException cause = explained(e);
        fail(cause);
        throw cause;
      } finally {
        writer.unlock();
      }
      p += n;
    } while (p < data.length);
  }

  /** Reserves flow-control window for at most one frame; -1 once the call has ended. */
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
          long remaining = deadline - System.nanoTime();
          if (remaining <= 0) {
            throw late();
          }
          s.changed.await(remaining, TimeUnit.NANOSECONDS);
        }
      } finally {
        lock.unlock();
      }
      if (!flushed) {
        // The peer opens its window only for data that it has received.
        writer.take();
        try {
          writer.flush();
        } finally {
          writer.unlock();
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
        long remaining = deadline - System.nanoTime();
        if (remaining <= 0) {
          throw late();
        }
        s.changed.await(remaining, TimeUnit.NANOSECONDS);
      }
      return new Ended(s.httpStatus, s.headers, s.body.toByteArray(), s.headersAt);
    } finally {
      lock.unlock();
    }
  }

  private void reset(Stream s) {
    try {
      writer.small(Http2.RST_STREAM, 0, s.id, FrameWriter.bytes(Http2.CANCEL));
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

  /**
   * Explains a failure before the server's first frame: usually the server does not accept HTTP/2
   * without negotiation. TLS may report the reason only after the first write has failed.
   */
  private IOException explained(IOException e) {
    if (receiving) {
      return e;
    }
    String reason =
        e instanceof SSLException s
            ? TlsFailure.reason(s, authority)
            : String.valueOf(e.getMessage());
    return new IOException(
        "the connection ended before the server's first frame ("
            + reason
            + "); the server may require "
            + (secure ? "a client certificate" : "TLS"),
        e);
  }

  private void read() {
    try {
      while (true) {
        frame();
        receiving = true;
      }
    } catch (EOFException e) {
      fail(explained(new IOException("the server closed the connection", e)));
    } catch (IOException e) {
      fail(explained(e));
    } catch (RuntimeException e) {
      fail(new IOException("malformed HTTP/2 from the server: " + e.getMessage(), e));
    } catch (Error e) { // calls must not wait for a reader that is no more
      fail(new IOException("reading from the server failed: " + e, e));
      throw e;
    }
  }

  private void frame() throws IOException {
    FrameReader.Frame f = reader.next();
    receivedAt = System.nanoTime();
    if (f.type() == Http2.DATA && f.payload().length > 0 || f.type() == Http2.HEADERS) {
      budget.paid();
    } else if (f.type() == Http2.WINDOW_UPDATE) {
      if (!budget.takesWindowUpdate(writer.messageFrames())) {
        throw new IOException("too many WINDOW_UPDATE frames from the server");
      }
    } else if (!budget.takesControl()) {
      throw new IOException("too many control frames from the server");
    }
    switch (f.type()) {
      case Http2.DATA -> data(f);
      case Http2.HEADERS -> block(f);
      case Http2.RST_STREAM -> failed(f.id(), (int) f.number(0));
      case Http2.SETTINGS -> settings(f);
      case Http2.PING -> {
        if (!f.is(Http2.ACK)) {
          writer.small(Http2.PING, Http2.ACK, 0, f.payload());
        }
      }
      case Http2.GOAWAY -> goAway(f);
      case Http2.WINDOW_UPDATE -> windowUpdate(f.id(), (int) f.number(0) & Integer.MAX_VALUE);
      case Http2.PUSH_PROMISE, Http2.CONTINUATION ->
          throw new IOException("an unexpected frame " + f.type());
      default -> {
        // unknown frames must be ignored
      }
    }
  }

  private void data(FrameReader.Frame f) throws IOException {
    byte[] p = f.payload();
    boolean last = f.is(Http2.END_STREAM);
    boolean known;
    lock.lock();
    try {
      Stream s = streams.get(f.id());
      known = s != null && !s.ended;
      if (s != null && known) {
        if (s.body.size() + p.length > maxAnswer) {
          s.failure = new IOException("the response is larger than " + maxAnswer + " bytes");
        } else {
          s.body.writeBytes(p);
        }
        s.ended |= last && s.failure == null;
        s.changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    taken += f.length();
    if (taken >= REFILL) {
      writer.small(Http2.WINDOW_UPDATE, 0, 0, FrameWriter.bytes(taken));
      taken = 0;
    }
    if (f.length() > 0 && known && !last) {
      writer.small(Http2.WINDOW_UPDATE, 0, f.id(), FrameWriter.bytes(f.length()));
    }
  }

  private void block(FrameReader.Frame f) throws IOException {
    Map<String, List<String>> read = hpack.read(f.payload(), f.id());
    lock.lock();
    try {
      Stream s = streams.get(f.id());
      if (s == null || s.ended) {
        return;
      }
      List<String> status = read.remove(":status");
      if (s.headersAt == 0) {
        s.headersAt = receivedAt;
      }
      boolean last = f.is(Http2.END_STREAM);
      if (s.httpStatus != 0 && !last) {
        throw new IOException("headers in the middle of a response from the server");
      }
      if (status != null) {
        int code = Integer.parseInt(status.getFirst());
        if (code / 100 == 1) {
          if (++s.interim > MAX_INTERIM) {
            throw new IOException("more than " + MAX_INTERIM + " interim answers from the server");
          }
          return;
        }
        s.httpStatus = code;
      }
      read.forEach((k, v) -> s.headers.computeIfAbsent(k, x -> new ArrayList<>()).addAll(v));
      s.ended |= last && s.failure == null;
      s.changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void failed(int id, int error) {
    lock.lock();
    try {
      Stream s = streams.get(id);
      // RST_STREAM with NO_ERROR after a whole response only means that the rest of the request is
      // not needed.
      if (s != null && !s.ended && s.failure == null) {
        s.failure =
            error == Http2.REFUSED_STREAM
                ? new NotSentException("the server refused the call")
                : new IOException("the server broke off the call, HTTP/2 error " + error);
        s.changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void settings(FrameReader.Frame f) throws IOException {
    if (f.is(Http2.ACK)) {
      return;
    }
    byte[] p = f.payload();
    lock.lock();
    try {
      for (int i = 0; i + 6 <= p.length; i += 6) {
        int key = (p[i] & 0xff) << 8 | p[i + 1] & 0xff;
        long value = f.number(i + 2);
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
            if (value >= FrameWriter.MAX_FRAME) {
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
    writer.small(Http2.SETTINGS, Http2.ACK, 0, new byte[0]);
  }

  private void goAway(FrameReader.Frame f) throws IOException {
    long last = f.number(0) & Integer.MAX_VALUE;
    int error = (int) f.number(4);
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
    if (idle || error != Http2.NO_ERROR) {
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
