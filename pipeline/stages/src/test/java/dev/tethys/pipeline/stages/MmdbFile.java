package dev.tethys.pipeline.stages;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes a MaxMind database (format 2.0, IPv4, records of 32 bits) with a few addresses in it. */
final class MmdbFile {
  private final List<int[]> nodes = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private static final int EMPTY = -1;

  MmdbFile() {
    nodes.add(new int[] {EMPTY, EMPTY});
  }

  /** Adds an address; its record is data at {@code -2 - offset} until it is written. */
  MmdbFile put(int a, int b, int c, int d, Map<String, ?> value) {
    int offset = data.size();
    encode(value, data);
    long ip = (long) a << 24 | (long) b << 16 | (long) c << 8 | d;
    int node = 0;
    for (int bit = 31; bit > 0; bit--) {
      int side = (int) (ip >> bit & 1);
      if (nodes.get(node)[side] == EMPTY) {
        nodes.add(new int[] {EMPTY, EMPTY});
        nodes.get(node)[side] = nodes.size() - 1;
      }
      node = nodes.get(node)[side];
    }
    nodes.get(node)[(int) (ip & 1)] = -2 - offset;
    return this;
  }

  void write(Path file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteBuffer record = ByteBuffer.allocate(4);
    for (int[] n : nodes) {
      for (int r : n) {
        int v = r >= 0 ? r : r == EMPTY ? nodes.size() : nodes.size() + 16 + (-2 - r);
        out.writeBytes(record.putInt(0, v).array().clone());
      }
    }
    out.write(new byte[16]);
    out.writeBytes(data.toByteArray());
    out.writeBytes(new byte[] {(byte) 0xab, (byte) 0xcd, (byte) 0xef});
    out.writeBytes("MaxMind.com".getBytes(StandardCharsets.UTF_8));
    encode(
        Map.of(
            "binary_format_major_version", 2,
            "binary_format_minor_version", 0,
            "build_epoch", 1,
            "database_type", "Test",
            "description", Map.of("en", "x"),
            "ip_version", 4,
            "languages", List.of("en"),
            "node_count", nodes.size(),
            "record_size", 32),
        out);
    Files.write(file, out.toByteArray());
  }

  private static void encode(Object v, ByteArrayOutputStream to) {
    switch (v) {
      case String s -> {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        control(2, b.length, to);
        to.writeBytes(b);
      }
      case Double d -> {
        control(3, 8, to);
        to.writeBytes(ByteBuffer.allocate(8).putDouble(d).array());
      }
      case Integer i -> {
        control(6, 4, to);
        to.writeBytes(ByteBuffer.allocate(4).putInt(i).array());
      }
      case Map<?, ?> m -> {
        control(7, m.size(), to);
        m.forEach(
            (k, e) -> {
              encode(k, to);
              encode(e, to);
            });
      }
      case List<?> l -> {
        to.write(l.size());
        to.write(4); // an extended type: 7 + 4
        l.forEach(e -> encode(e, to));
      }
      default -> throw new IllegalArgumentException(v.toString());
    }
  }

  private static void control(int type, int size, ByteArrayOutputStream to) {
    if (size < 29) {
      to.write(type << 5 | size);
    } else {
      to.write(type << 5 | 29);
      to.write(size - 29); // up to 284
    }
  }
}
