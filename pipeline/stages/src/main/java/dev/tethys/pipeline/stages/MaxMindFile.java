package dev.tethys.pipeline.stages;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Database in MaxMind format 2.0: a binary tree over the bits of addresses, in which each record
 * points to another node, to nothing, or to data. Held in memory; thread-safe.
 *
 * <p>Layout: {@code nodeCount} nodes of two records of 24, 28 or 32 bits; 16 bytes of zero; data;
 * the marker {@code AB CD EF "MaxMind.com"} and after it a map that describes the file. A datum is
 * a control byte with its type (3 bits, 0 for a type of 7 and more in the next byte) and size (5
 * bits, from 29 on with further bytes), or a pointer into the data.
 */
final class MaxMindFile {
  /** The largest file that is read. */
  static final long MAX_BYTES = 1L << 30;

  /** Maximum nesting depth of data, pointers included. */
  private static final int MAX_DEPTH = 64;

  /** The maximum number of items of a map or list. */
  private static final int MAX_ITEMS = 1 << 16;

  private static final byte[] MARKER = marker();
  private static final int SEPARATOR = 16;

  private final byte[] bytes;
  private final int nodes;
  private final int recordBits;
  private final boolean v6;
  private final int data; // where data begin
  private int dataEnd;

  private MaxMindFile(byte[] bytes) throws IOException {
    this.bytes = bytes;
    int at = lastMarker(bytes);
    if (at < 0) {
      throw new IOException("not a MaxMind database");
    }
    this.dataEnd = bytes.length;
    Map<?, ?> about =
        new Decoder(at + MARKER.length, at + MARKER.length).value(0) instanceof Map<?, ?> m
            ? m
            : Map.of();
    this.nodes = number(about, "node_count");
    this.recordBits = number(about, "record_size");
    this.v6 = number(about, "ip_version") == 6;
    if (number(about, "binary_format_major_version") != 2
        || recordBits != 24 && recordBits != 28 && recordBits != 32
        || nodes < 0
        || (long) nodes * recordBits / 4 + SEPARATOR > at) {
      throw new IOException("not in MaxMind format 2.0, or corrupt");
    }
    this.data = nodes * (recordBits / 4) + SEPARATOR;
    this.dataEnd = at;
  }

  private static byte[] marker() {
    byte[] b = "...MaxMind.com".getBytes(StandardCharsets.US_ASCII);
    b[0] = (byte) 0xab;
    b[1] = (byte) 0xcd;
    b[2] = (byte) 0xef;
    return b;
  }

  /**
   * Reads a database file.
   *
   * @throws IOException if it cannot be read or is not a MaxMind database
   */
  static MaxMindFile read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException("it has more than " + MAX_BYTES + " bytes");
    }
    return new MaxMindFile(Files.readAllBytes(file));
  }

  private static int lastMarker(byte[] b) {
    for (int i = b.length - MARKER.length; i >= 0; i--) {
      if (b[i] == MARKER[0] && Arrays.equals(b, i, i + MARKER.length, MARKER, 0, MARKER.length)) {
        return i;
      }
    }
    return -1;
  }

  private static int number(Map<?, ?> m, String key) {
    return m.get(key) instanceof Number n ? n.intValue() : -1;
  }

  /**
   * Finds the record of an address of 4 or 16 bytes; returns null if there is none.
   *
   * @throws IOException if the record is corrupt
   */
  @Nullable Object find(byte[] address) throws IOException {
    if (address.length == 16 && !v6) {
      return null;
    }
    int node = 0;
    if (address.length == 4 && v6) {
      for (int i = 0; i < 96 && node < nodes; i++) {
        node = record(node, 0);
      }
    }
    for (int i = 0; i < address.length * 8 && node < nodes; i++) {
      node = record(node, address[i >> 3] >> 7 - (i & 7) & 1);
    }
    if (node <= nodes) {
      return null;
    }
    long at = (long) node - nodes - SEPARATOR + data;
    if (at < data || at >= dataEnd) {
      throw new IOException("the database is damaged");
    }
    return new Decoder(data, (int) at).value(0);
  }

  private int record(int node, int side) {
    int at = node * (recordBits / 4);
    return switch (recordBits) {
      case 24 -> unsigned(at + side * 3, 3);
      case 32 -> unsigned(at + side * 4, 4) & Integer.MAX_VALUE;
      default -> {
        int middle = bytes[at + 3] & 0xff;
        yield side == 0
            ? (middle >> 4) << 24 | unsigned(at, 3)
            : (middle & 15) << 24 | unsigned(at + 4, 3);
      }
    };
  }

  private int unsigned(int at, int length) {
    int v = 0;
    for (int i = 0; i < length; i++) {
      v = v << 8 | bytes[at + i] & 0xff;
    }
    return v;
  }

  /** Decodes data from a given offset; pointers are relative to {@code base}. */
  private final class Decoder {
    private final int base;
    private int at;

    Decoder(int base, int at) {
      this.base = base;
      this.at = at;
    }

    private IOException damaged() {
      return new IOException("the database is damaged");
    }

    private int take(int n) throws IOException {
      if (n < 0 || n > dataEnd - at) {
        throw damaged();
      }
      int from = at;
      at += n;
      return from;
    }

    @Nullable Object value(int depth) throws IOException {
      if (depth > MAX_DEPTH) {
        throw damaged();
      }
      int control = bytes[take(1)] & 0xff;
      int type = control >> 5;
      if (type == 1) {
        return new Decoder(base, pointer(control)).value(depth + 1);
      }
      if (type == 0) {
        type = 7 + (bytes[take(1)] & 0xff);
      }
      int size = size(control & 31);
      return switch (type) {
        case 2 -> new String(bytes, take(size), size, StandardCharsets.UTF_8);
        case 3 -> ByteBuffer.wrap(bytes).getDouble(size == 8 ? take(8) : take(-1));
        case 4 -> Arrays.copyOfRange(bytes, take(size), at);
        case 5, 6, 9 -> whole(size);
        case 8 -> size > 4 ? take(-1) : (long) unsigned(take(size), size);
        case 7 -> map(size, depth);
        case 10 -> new BigInteger(1, bytes, take(size), size);
        case 11 -> list(size, depth);
        case 14 -> size != 0;
        case 15 -> (double) ByteBuffer.wrap(bytes).getFloat(size == 4 ? take(4) : take(-1));
        default -> throw damaged();
      };
    }

    private int size(int low) throws IOException {
      return switch (low) {
        case 29 -> 29 + unsigned(take(1), 1);
        case 30 -> 285 + unsigned(take(2), 2);
        case 31 -> 65_821 + unsigned(take(3), 3);
        default -> low;
      };
    }

    private int pointer(int control) throws IOException {
      int n = control >> 3 & 3;
      int low = unsigned(take(n + 1), n + 1);
      long to =
          switch (n) {
            case 0 -> (control & 7) << 8 | low;
            case 1 -> ((control & 7) << 16 | low) + 2048;
            case 2 -> ((control & 7) << 24 | low) + 526_336;
            default -> low & 0xffff_ffffL;
          };
      if (to + base >= dataEnd) {
        throw damaged();
      }
      return (int) to + base;
    }

    private Number whole(int size) throws IOException {
      if (size > 8) {
        throw damaged();
      }
      int from = take(size);
      long v = 0;
      for (int i = 0; i < size; i++) {
        v = v << 8 | bytes[from + i] & 0xff;
      }
      return v;
    }

    private Map<String, @Nullable Object> map(int size, int depth) throws IOException {
      if (size > MAX_ITEMS) {
        throw damaged();
      }
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      for (int i = 0; i < size; i++) {
        String key = String.valueOf(value(depth + 1));
        m.put(key, value(depth + 1));
      }
      return m;
    }

    private List<@Nullable Object> list(int size, int depth) throws IOException {
      if (size > MAX_ITEMS) {
        throw damaged();
      }
      List<@Nullable Object> l = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        l.add(value(depth + 1));
      }
      return l;
    }
  }
}
