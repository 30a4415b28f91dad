package dev.tethys.collect.observe.profile;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Functions of the kernel and its modules, from /proc/kallsyms. */
final class KernelSymbols {
  private static final int MAX_SYMBOLS = 1_000_000;
  private static final String UNKNOWN = "[kernel]";

  private final long[] addresses;
  private final int[] names;
  private final byte[] text;

  private KernelSymbols(long[] addresses, int[] names, byte[] text) {
    this.addresses = addresses;
    this.names = names;
    this.text = text;
  }

  /** Reads the table; without rights it is empty. */
  static KernelSymbols read(Path proc) {
    List<Symbol> found = new ArrayList<>();
    try (BufferedReader in =
        Files.newBufferedReader(proc.resolve("kallsyms"), StandardCharsets.ISO_8859_1)) {
      String line;
      while ((line = in.readLine()) != null && found.size() < MAX_SYMBOLS) {
        int space = line.indexOf(' ');
        if (space <= 0 || line.length() < space + 4) {
          continue;
        }
        char type = Character.toLowerCase(line.charAt(space + 1));
        long address = Long.parseUnsignedLong(line, 0, space, 16);
        if (address != 0 && (type == 't' || type == 'w')) {
          int end = line.indexOf('\t', space);
          found.add(new Symbol(address, line.substring(space + 3, end < 0 ? line.length() : end)));
        }
      }
    } catch (IOException | NumberFormatException e) {
      found.clear(); // names of the kernel are left out
    }
    found.sort((a, b) -> Long.compareUnsigned(a.address, b.address));
    long[] addresses = new long[found.size()];
    int[] names = new int[found.size() + 1];
    ByteArrayOutputStream text = new ByteArrayOutputStream(found.size() * 24);
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = found.get(i).address;
      text.writeBytes(found.get(i).name.getBytes(StandardCharsets.ISO_8859_1));
      names[i + 1] = text.size();
    }
    return new KernelSymbols(addresses, names, text.toByteArray());
  }

  private record Symbol(long address, String name) {}

  /** Name of the function at an address. */
  String name(long address) {
    int i = Arrays.binarySearch(addresses, address); // all are negative, so the order is the same
    if (i < 0) {
      i = -i - 2;
    }
    if (i < 0) {
      return UNKNOWN;
    }
    return new String(text, names[i], names[i + 1] - names[i], StandardCharsets.ISO_8859_1);
  }
}
