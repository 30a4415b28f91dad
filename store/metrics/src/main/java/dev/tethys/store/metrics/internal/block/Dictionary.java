package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;

/**
 * The labels of a block by number: names with their ranges of numbers, values front-coded. Values
 * are kept in memory as long as there is space ({@link SoftReference}) and read again else.
 */
final class Dictionary {
  /** Values between two questions whether the response is still wanted. */
  private static final int PIECE = 64;

  private final Mapped file;
  private final long offset;
  private final int length;
  final String[] names;
  private final byte[][] nameBytes;
  private final int[] firstPair; // by name; one more entry: all
  private final int[] firstRestart; // by name
  private final int[] restarts;
  private SoftReference<byte[]> content = new SoftReference<>(null);
  private SoftReference<byte[][]> fragments = new SoftReference<>(null);

  Dictionary(IndexFile index) {
    file = index.file();
    offset = index.offset(BlockLayout.DICTIONARY);
    length = index.length(BlockLayout.DICTIONARY);
    ByteSource in = index.take(BlockLayout.NAMES);
    int n = in.count();
    names = new String[n];
    nameBytes = new byte[n][];
    firstPair = new int[n + 1];
    firstRestart = new int[n + 1];
    for (int i = 0; i < n; i++) {
      nameBytes[i] = in.sized();
      names[i] = new String(nameBytes[i], StandardCharsets.UTF_8);
      int values = in.count(Integer.MAX_VALUE / 2);
      firstPair[i + 1] = Math.addExact(firstPair[i], values);
      firstRestart[i + 1] =
          firstRestart[i] + (values + BlockLayout.RESTART - 1) / BlockLayout.RESTART;
    }
    restarts = new int[in.count()];
    int at = 0;
    for (int i = 0; i < restarts.length; i++) {
      at += in.count(length);
      if (at > length) {
        throw new CorruptionException("a restart beyond the dictionary");
      }
      restarts[i] = at;
    }
    if (restarts.length != firstRestart[n]) {
      throw new CorruptionException("names and values do not match");
    }
  }

  /** Bytes in memory, without values, which are kept only while memory allows. */
  long bytes() {
    long n = 8L * names.length + 4L * restarts.length;
    for (byte[] b : nameBytes) {
      n += 48 + 2L * b.length;
    }
    byte[] held = content.get();
    return held == null ? n : n + held.length;
  }

  int pairs() {
    return firstPair[names.length];
  }

  private byte[] content() {
    byte[] b = content.get();
    if (b == null) {
      b = file.bytes(offset, length);
      content = new SoftReference<>(b);
    }
    return b;
  }

  /** Returns the place of a name, or -1. */
  private int name(String name) {
    byte[] b = name.getBytes(StandardCharsets.UTF_8);
    int i = Arrays.binarySearch(nameBytes, b, Arrays::compareUnsigned);
    return i < 0 ? -1 : i;
  }

  /** Returns the number of a label, or -1. */
  int find(String name, String value) {
    int n = name(name);
    if (n < 0) {
      return -1;
    }
    byte[] want = value.getBytes(StandardCharsets.UTF_8);
    int from = seek(n, want);
    int[] found = {-1};
    scan(
        n,
        from,
        (pair, v) -> {
          int c = Arrays.compareUnsigned(v, want);
          if (c == 0) {
            found[0] = pair;
          }
          return c < 0;
        });
    return found[0];
  }

  /** The first restart of a name from which a value that is not below can be found. */
  private int seek(int n, byte[] want) {
    int lo = firstRestart[n];
    int hi = firstRestart[n + 1] - 1;
    byte[] b = content();
    while (lo < hi) {
      int mid = (lo + hi + 1) >>> 1;
      ByteSource in = new ByteSource(b, restarts[mid], length - restarts[mid]);
      in.uvarint();
      int len = in.count();
      if (Arrays.compareUnsigned(b, in.pos, in.pos + len, want, 0, want.length) <= 0) {
        lo = mid;
      } else {
        hi = mid - 1;
      }
    }
    return lo;
  }

  private interface Scan {
    boolean value(int pair, byte[] value);
  }

  private void scan(int n, int restart, Scan to) {
    byte[] b = content();
    int pair = firstPair[n] + (restart - firstRestart[n]) * BlockLayout.RESTART;
    if (pair >= firstPair[n + 1]) {
      return;
    }
    ByteSource in = new ByteSource(b, restarts[restart], length - restarts[restart]);
    byte[] value = {};
    for (; pair < firstPair[n + 1]; pair++) {
      value = next(in, value);
      if (!to.value(pair, value)) {
        return;
      }
    }
  }

  private static byte[] next(ByteSource in, byte[] before) {
    int shared = in.count(before.length);
    int more = in.count();
    byte[] v = Arrays.copyOf(before, shared + more);
    System.arraycopy(in.buf, in.pos, v, shared, more);
    in.skip(more);
    return v;
  }

  /** Visits the values of a name that start with a prefix, ascending. */
  void values(String name, String prefix, ObjIntConsumer<String> to) {
    int n = name(name);
    if (n < 0) {
      return;
    }
    byte[] want = prefix.getBytes(StandardCharsets.UTF_8);
    scan(
        n,
        want.length == 0 ? firstRestart[n] : seek(n, want),
        (pair, v) -> {
          int c =
              Arrays.compareUnsigned(v, 0, Math.min(v.length, want.length), want, 0, want.length);
          if (c == 0) {
            to.accept(new String(v, StandardCharsets.UTF_8), pair);
          }
          return c <= 0;
        });
  }

  /** Returns the numbers of a name's values that match, or do not match, a matcher, ascending. */
  int[] matching(Matcher m, boolean wanted, String prefix) {
    int n = name(m.name());
    if (n < 0 || firstPair[n] == firstPair[n + 1]) {
      return new int[0];
    }
    byte[] start = prefix.getBytes(StandardCharsets.UTF_8);
    byte[] b = content();
    int restart = start.length == 0 ? firstRestart[n] : seek(n, start);
    int pair = firstPair[n] + (restart - firstRestart[n]) * BlockLayout.RESTART;
    ByteSource in = new ByteSource(b, restarts[restart], length - restarts[restart]);
    byte[] value = new byte[64];
    int size = 0;
    int[] out = new int[16];
    int found = 0;
    for (; pair < firstPair[n + 1]; pair++) {
      if (pair % PIECE == 0) {
        Cancellation.check();
      }
      int shared = in.count(size);
      int more = in.count();
      size = shared + more;
      if (size > value.length) {
        value = Arrays.copyOf(value, Math.max(size, 2 * value.length));
      }
      int from = in.pos;
      in.skip(more);
      System.arraycopy(in.buf, from, value, shared, more);
      int c =
          Arrays.compareUnsigned(value, 0, Math.min(size, start.length), start, 0, start.length);
      if (c > 0) {
        break;
      }
      if (c == 0 && m.matches(value, 0, size) == wanted) {
        if (found == out.length) {
          out = Arrays.copyOf(out, 2 * found);
        }
        out[found++] = pair;
      }
    }
    return Arrays.copyOf(out, found);
  }

  /** Returns the number of the first value of a name; 0 if there is no such name. */
  int first(String name) {
    int n = name(name);
    return n < 0 ? 0 : firstPair[n];
  }

  /** Returns the number of values of a name. */
  int count(String name) {
    int n = name(name);
    return n < 0 ? 0 : firstPair[n + 1] - firstPair[n];
  }

  /** Names of which a label is marked by its number, ascending. */
  List<String> namesOf(BitSet marks) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      int next = marks.nextSetBit(firstPair[i]);
      if (next >= 0 && next < firstPair[i + 1]) {
        out.add(names[i]);
      }
    }
    return out;
  }

  /**
   * Visits values of a name, ascending.
   *
   * @param wanted condition on value numbers
   * @param to returns whether to continue
   */
  void values(String name, IntPredicate wanted, Predicate<String> to) {
    int n = name(name);
    if (n >= 0) {
      scan(
          n,
          firstRestart[n],
          (pair, v) -> !wanted.test(pair) || to.test(new String(v, StandardCharsets.UTF_8)));
    }
  }

  /** A label as it is in canonical bytes. */
  byte[] fragment(int pair) {
    byte[][] all = fragments.get();
    if (all == null) {
      all = new byte[pairs()][];
      fragments = new SoftReference<>(all);
    }
    byte[] f = all[pair];
    if (f == null) {
      f = decode(pair, all);
    }
    return f;
  }

  private byte[] decode(int pair, byte[][] all) {
    int n = Arrays.binarySearch(firstPair, pair);
    n = n < 0 ? -n - 2 : n;
    while (firstPair[n + 1] == firstPair[n]) {
      n++;
    }
    int name = n;
    int restart = firstRestart[n] + (pair - firstPair[n]) / BlockLayout.RESTART;
    int last =
        Math.min(
            firstPair[n + 1],
            pair - (pair - firstPair[n]) % BlockLayout.RESTART + BlockLayout.RESTART);
    scan(
        n,
        restart,
        (p, v) -> {
          if (all[p] == null) {
            all[p] = fragment(nameBytes[name], v);
          }
          return p + 1 < last;
        });
    return all[pair];
  }

  private static byte[] fragment(byte[] name, byte[] value) {
    ByteSink s = new ByteSink(name.length + value.length + 4);
    s.putSized(name);
    s.putSized(value);
    return s.toArray();
  }
}
