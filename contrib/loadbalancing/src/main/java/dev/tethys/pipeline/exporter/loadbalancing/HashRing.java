package dev.tethys.pipeline.exporter.loadbalancing;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Consistent hash ring (Karger and others, 1997) compatible with the Collector's exporter since its
 * version 0.131, so that both choose the same backend for a key. It has 36,000 positions, a hundred
 * per backend: the CRC-32 of its name and a four-byte counter. If a position is taken, the next
 * nine are tried. A key belongs to the backend at the first position at or after its own. Backends
 * are placed in the order of their names.
 */
final class HashRing {
  static final int POSITIONS = 36_000;
  static final int WEIGHT = 100;
  private static final int PROBES = 10;

  /** A ring without backends. */
  static final HashRing EMPTY = of(List.of());

  private final int[] positions;
  private final String[] owners;

  private HashRing(int[] positions, String[] owners) {
    this.positions = positions;
    this.owners = owners;
  }

  /** Creates a ring with these backends, in any order. */
  static HashRing of(List<String> names) {
    return of(names, WEIGHT);
  }

  static HashRing of(List<String> names, int weight) {
    TreeMap<Integer, String> taken = new TreeMap<>();
    // By bytes, as Go sorts: by characters would differ beyond the basic plane, which no host has.
    for (String name : names.stream().distinct().sorted().toList()) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < weight; i++) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        crc.update(new byte[] {(byte) i, (byte) (i >>> 8), (byte) (i >>> 16), (byte) (i >>> 24)});
        int from = (int) (crc.getValue() % POSITIONS);
        for (int probe = 0; probe < PROBES; probe++) {
          if (taken.putIfAbsent((from + probe) % POSITIONS, name) == null) {
            break;
          }
        }
      }
    }
    int[] positions = new int[taken.size()];
    String[] owners = new String[taken.size()];
    int n = 0;
    for (Map.Entry<Integer, String> e : taken.entrySet()) {
      positions[n] = e.getKey();
      owners[n++] = e.getValue();
    }
    return new HashRing(positions, owners);
  }

  boolean isEmpty() {
    return positions.length == 0;
  }

  /** Returns the ring position of a key. */
  static int position(byte[] key) {
    CRC32 crc = new CRC32();
    crc.update(key);
    return (int) (crc.getValue() % POSITIONS);
  }

  /** Returns the backend of a key; the ring must not be empty. */
  String owner(byte[] key) {
    return at(position(key));
  }

  /** Returns the owner of a position. */
  String at(int position) {
    int i = java.util.Arrays.binarySearch(positions, position);
    int next = i >= 0 ? i : -i - 1;
    return owners[next == owners.length ? 0 : next];
  }

  /** Returns the positions in ascending order. */
  int[] positions() {
    return positions.clone();
  }
}
