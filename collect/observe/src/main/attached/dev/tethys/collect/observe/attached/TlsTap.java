package dev.tethys.collect.observe.attached;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngineResult;

/**
 * Passes the plain text that the TLS classes of a Java program encrypt and decrypt to the node
 * agent.
 *
 * <p>Each message is written to /dev/null, where a program of the kernel sees it on the thread that
 * did the work. No call throws, waits, or keeps anything.
 *
 * <p>Message: the words {@link #MAGIC}, identity of the connection (32 bits), its descriptor (32
 * bits, -1 when unknown), number of bytes (32 bits), kind (32 bits), then at most 1024 bytes.
 */
public final class TlsTap {
  /** First 8 bytes of a message, little-endian. */
  public static final long MAGIC = 0x7061745f736c7454L;

  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int HEADER = 24;
  private static final int CAPTURE = 1024;
  private static final int MAX_FAILURES = 100;

  private static volatile OutputStream out;
  private static volatile int failures;
  private static volatile Method implementation;
  private static volatile Method descriptorOf;
  private static volatile Field number;
  private static volatile Field self;

  private TlsTap() {}

  /** Starts to pass messages on. */
  public static void start() throws IOException {
    try {
      implementation = accessible(Socket.class.getDeclaredMethod("getImpl"));
      descriptorOf = accessible(java.net.SocketImpl.class.getDeclaredMethod("getFileDescriptor"));
      number = accessible(java.io.FileDescriptor.class.getDeclaredField("fd"));
      self =
          accessible(Class.forName("sun.security.ssl.BaseSSLSocketImpl").getDeclaredField("self"));
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      number = null; // sockets are matched by their thread
    }
    failures = 0;
    out = new FileOutputStream("/dev/null");
  }

  private static <T extends java.lang.reflect.AccessibleObject> T accessible(T member) {
    member.setAccessible(true);
    return member;
  }

  /** Stops to pass messages on. */
  public static void stop() {
    OutputStream o = out;
    out = null;
    try {
      if (o != null) {
        o.close();
      }
    } catch (IOException e) {
      // nothing was buffered
    }
  }

  /** Records the bytes read; returns their number. */
  public static int read(int count, byte[] bytes, int offset, Object stream) {
    OutputStream o = out;
    if (o != null && count > 0) {
      try {
        socket(o, READ, stream, bytes, offset, count);
      } catch (Throwable e) {
        failed();
      }
    }
    return count;
  }

  /** Records the bytes written. */
  public static void written(byte[] bytes, int offset, int count, Object stream) {
    OutputStream o = out;
    if (o != null && count > 0) {
      try {
        socket(o, WRITE, stream, bytes, offset, count);
      } catch (Throwable e) {
        failed();
      }
    }
  }

  private static void socket(
      OutputStream o, int kind, Object stream, byte[] bytes, int offset, int count)
      throws IOException, ReflectiveOperationException {
    Object socket = stream;
    int descriptor = -1;
    Field n = number;
    if (n != null) {
      Field outer = outerOf(stream.getClass());
      socket = outer.get(stream);
      Object plain = self.get(socket);
      Object descriptorObject = descriptorOf.invoke(implementation.invoke(plain));
      descriptor = descriptorObject == null ? -1 : n.getInt(descriptorObject);
    }
    int captured = Math.min(count, CAPTURE);
    byte[] m = message(kind, socket, descriptor, count, captured);
    System.arraycopy(bytes, offset, m, HEADER, captured);
    o.write(m);
  }

  private static final ClassValue<Field> OUTER =
      new ClassValue<Field>() {
        @Override
        protected Field computeValue(Class<?> type) {
          try {
            return accessible(type.getDeclaredField("this$0"));
          } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
          }
        }
      };

  private static Field outerOf(Class<?> type) {
    return OUTER.get(type);
  }

  /** Copies of buffers before an engine uses them; null if it is not observed. */
  public static ByteBuffer[] before(ByteBuffer[] buffers, int offset, int length) {
    if (out == null || buffers == null) {
      return null;
    }
    try {
      ByteBuffer[] copies = new ByteBuffer[length];
      for (int i = 0; i < length; i++) {
        ByteBuffer b = buffers[offset + i];
        copies[i] = b == null ? null : b.duplicate();
      }
      return copies;
    } catch (Throwable e) {
      failed();
      return null;
    }
  }

  /** Records the bytes that an engine encrypted; returns the result. */
  public static SSLEngineResult wrapped(
      SSLEngineResult result, ByteBuffer[] before, Object engine) {
    if (before != null && result != null) {
      engine(WRITE, engine, before, result.bytesConsumed());
    }
    return result;
  }

  /** Records the bytes that an engine decrypted; returns the result. */
  public static SSLEngineResult unwrapped(
      SSLEngineResult result, ByteBuffer[] before, Object engine) {
    // A handshake is noted without bytes: it shows which socket the engine belongs to.
    if (before != null && result != null && result.bytesConsumed() > 0) {
      engine(READ, engine, before, result.bytesProduced());
    }
    return result;
  }

  private static void engine(int kind, Object engine, ByteBuffer[] before, int count) {
    OutputStream o = out;
    if (o == null || count < 0 || count == 0 && kind == WRITE) {
      return;
    }
    try {
      int captured = Math.min(count, CAPTURE);
      byte[] m = message(kind, engine, -1, count, captured);
      int done = 0;
      for (int i = 0; i < before.length && done < captured; i++) {
        ByteBuffer b = before[i];
        if (b != null) {
          int n = Math.min(b.remaining(), captured - done);
          b.get(m, HEADER + done, n);
          done += n;
        }
      }
      o.write(m);
    } catch (Throwable e) {
      failed();
    }
  }

  private static byte[] message(int kind, Object of, int descriptor, int count, int captured) {
    byte[] m = new byte[HEADER + captured];
    for (int i = 0; i < 8; i++) {
      m[i] = (byte) (MAGIC >>> 8 * i);
    }
    number(m, 8, System.identityHashCode(of));
    number(m, 12, descriptor);
    number(m, 16, count);
    number(m, 20, kind);
    return m;
  }

  private static void number(byte[] to, int at, int value) {
    for (int i = 0; i < 4; i++) {
      to[at + i] = (byte) (value >>> 8 * i);
    }
  }

  /** After many failures no data is passed on any longer. */
  private static void failed() {
    int n = failures + 1;
    failures = n;
    if (n >= MAX_FAILURES) {
      out = null;
    }
  }
}
