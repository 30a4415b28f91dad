package dev.tethys.collect.observe.process;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Memory of a process, read while it runs: data may be inconsistent. */
public final class ProcessMemory implements Closeable {
  private static final int LONGEST_TEXT = 1024;

  private final FileChannel file;

  private ProcessMemory(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens the memory of a process.
   *
   * @throws IOException if it has ended, or the rights are missing
   */
  public static ProcessMemory open(Path proc, int pid) throws IOException {
    return new ProcessMemory(FileChannel.open(proc.resolve(pid + "/mem"), StandardOpenOption.READ));
  }

  /**
   * Bytes at an address.
   *
   * @throws IOException if not all of them exist
   */
  public ByteBuffer bytes(long address, int length) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (b.hasRemaining()) {
      if (address < 0 || file.read(b, address + b.position()) <= 0) {
        throw new IOException("no memory at 0x" + Long.toHexString(address));
      }
    }
    return b.flip();
  }

  /**
   * Size of a single read, for readers of adjacent pieces. A call of the system for each would cost
   * far more than the bytes between them.
   */
  public final class Window {
    private final ByteBuffer buffer;
    private long start;

    /**
     * @param size bytes that are read at a time
     */
    public Window(int size) {
      buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    /**
     * Index of an address in {@link #buffer}, until the next call.
     *
     * @param length bytes from there on that are needed, not more than the size of the window
     * @throws IOException if fewer bytes are available
     */
    public int at(long address, int length) throws IOException {
      if (address < start || address + length > start + buffer.limit()) {
        buffer.clear();
        start = address;
        while (buffer.position() < length) {
          if (address < 0 || file.read(buffer, address + buffer.position()) <= 0) {
            buffer.limit(0);
            throw new IOException("no memory at 0x" + Long.toHexString(address));
          }
        }
        buffer.flip();
      }
      return (int) (address - start);
    }

    /** Returns the contents of the window. */
    public ByteBuffer buffer() {
      return buffer;
    }
  }

  /** Word of 64 bits. */
  public long word(long address) throws IOException {
    return bytes(address, Long.BYTES).getLong(0);
  }

  /** Reads a NUL-terminated string, truncated at a length; empty at address 0. */
  public String text(long address) throws IOException {
    if (address <= 0) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    int chunk = 64;
    for (long at = address; out.length() < LONGEST_TEXT; at += chunk) {
      chunk = (int) (64 - at % 64); // within a page
      ByteBuffer b = bytes(at, chunk);
      for (int i = 0; i < chunk; i++) {
        if (b.get(i) == 0) {
          return out.append(StandardCharsets.ISO_8859_1.decode(b.limit(i))).toString();
        }
      }
      out.append(StandardCharsets.ISO_8859_1.decode(b));
    }
    return out.toString();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
