package dev.tethys.collect.observe.profile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Functions of the kernel and its modules, from /proc/kallsyms. */
final class KernelSymbols {
  private static final int INDEX_BITS = 20;
  private static final int MAX_SYMBOLS = 1 << INDEX_BITS;

  /** Distance from the first function; all functions of a kernel are within a few gigabytes. */
  private static final long MOST_DISTANCE = 1L << 62 - INDEX_BITS;

  private static final int LONGEST_LINE = 1 << 16;
  private static final int AFTER_ADDRESS = 3; // blank, type, blank
  private static final String UNKNOWN = "[kernel]";

  private final Map<Integer, String> named = new HashMap<>(); // by index
  private long[] addresses = new long[1 << 14];
  private int[] names = new int[1 << 14]; // start of each in the text, where a line feed ends it
  private byte[] text = new byte[1 << 18];
  private int length;
  private int count;

  private KernelSymbols() {}

  /** Reads the table; without rights it is empty. */
  static KernelSymbols read(Path proc) {
    KernelSymbols k = new KernelSymbols();
    try (InputStream in = Files.newInputStream(proc.resolve("kallsyms"))) {
      k.readLines(in);
    } catch (IOException e) {
      k.count = 0; // names of the kernel are left out
    }
    k.sort();
    return k;
  }

  /** Reads lines such as {@code ffffffff81000000 T _stext}; a module follows a tab. */
  private void readLines(InputStream in) throws IOException {
    byte[] b = new byte[LONGEST_LINE];
    int filled = 0;
    for (int n; (n = in.read(b, filled, b.length - filled)) > 0; ) {
      filled += n;
      int start = 0;
      for (int i = filled - n; i < filled; i++) {
        if (b[i] == '\n') {
          add(b, start, i);
          start = i + 1;
        }
      }
      filled -= start;
      System.arraycopy(b, start, b, 0, filled);
    }
  }

  private void add(byte[] b, int start, int end) {
    long address = 0;
    int at = start;
    for (int digit; at < end && (digit = Character.digit(b[at], 16)) >= 0; at++) {
      address = address << 4 | digit;
    }
    int type = end - at > AFTER_ADDRESS ? b[at + 1] | 0x20 : 0; // in lower case
    long distance = count == 0 ? 0 : Math.abs(address - addresses[0]);
    boolean isFunction = address != 0 && (type == 't' || type == 'w');
    if (!isFunction || distance >= MOST_DISTANCE || count == MAX_SYMBOLS) {
      return;
    }
    if (count == addresses.length) {
      addresses = Arrays.copyOf(addresses, 2 * count);
      names = Arrays.copyOf(names, 2 * count);
    }
    int name = at + AFTER_ADDRESS;
    int last = name;
    while (last < end && b[last] != '\t') {
      last++;
    }
    if (length + last - name >= text.length) {
      text = Arrays.copyOf(text, 2 * (length + last - name));
    }
    addresses[count] = address;
    names[count++] = length;
    System.arraycopy(b, name, text, length, last - name);
    length += last - name;
    text[length++] = '\n';
  }

  /** Sorts by address: functions of modules follow kernel functions, in any order. */
  private void sort() {
    long lowest = Arrays.stream(addresses, 0, count).min().orElse(0);
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      order[i] = addresses[i] - lowest << INDEX_BITS | i;
    }
    Arrays.sort(order);
    long[] sorted = new long[count];
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      int from = (int) order[i] & MAX_SYMBOLS - 1;
      sorted[i] = addresses[from];
      places[i] = names[from];
    }
    addresses = sorted;
    names = places;
    text = Arrays.copyOf(text, length);
  }

  /** Name of the function at an address. */
  String name(long address) {
    int i = Arrays.binarySearch(addresses, address); // all are negative, so the order is the same
    int at = i < 0 ? -i - 2 : i;
    return at < 0 ? UNKNOWN : named.computeIfAbsent(at, this::text);
  }

  private String text(int index) {
    int end = names[index];
    while (text[end] != '\n') {
      end++;
    }
    return new String(text, names[index], end - names[index], StandardCharsets.ISO_8859_1);
  }
}
