package dev.tethys.codec.graphite;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes points for carbon's pickle receiver: a list of {@code (path, (timestamp, value))} in
 * pickle's protocol 2, preceded by its length. Source: the documentation of {@code pickletools}.
 */
public final class PickleWriter {
  private static final int MAX_POINT = 5 + 10 + 9 + 2;

  private final int maxBytes;
  private ByteBuffer list = ByteBuffer.allocate(4096);
  private ByteBuffer out = ByteBuffer.allocate(4096);

  /**
   * @param maxBytes maximum size of a list; carbon accepts 1 MiB
   */
  public PickleWriter(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  private static ByteBuffer room(ByteBuffer b, int n) {
    if (b.remaining() >= n) {
      return b;
    }
    byte[] larger = Arrays.copyOf(b.array(), Math.max(b.position() + n, b.capacity() * 2));
    return ByteBuffer.wrap(larger).position(b.position());
  }

  /**
   * Adds a point.
   *
   * @param seconds Unix seconds
   */
  public void point(String path, long seconds, double value) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    int size = name.length + MAX_POINT;
    if (list.position() > 0 && list.position() + size + 2 > maxBytes) {
      end();
    }
    list = room(list, size + 6);
    if (list.position() == 0) {
      list.put((byte) 0x80).put((byte) 2).put((byte) ']').put((byte) '(');
    }
    list.put((byte) 'X').putInt(Integer.reverseBytes(name.length)).put(name);
    list.put((byte) 0x8a).put((byte) 8).putLong(Long.reverseBytes(seconds));
    list.put((byte) 'G').putDouble(value);
    list.put((byte) 0x86).put((byte) 0x86);
  }

  private void end() {
    list.put((byte) 'e').put((byte) '.');
    int n = list.position();
    out = room(out, n + 4);
    out.putInt(n).put(list.array(), 0, n);
    list.clear();
  }

  /** Returns everything added and clears the writer. */
  public byte[] take() {
    if (list.position() > 0) {
      end();
    }
    byte[] all = Arrays.copyOf(out.array(), out.position());
    out.clear();
    return all;
  }
}
