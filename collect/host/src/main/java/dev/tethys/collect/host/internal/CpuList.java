package dev.tethys.collect.host.internal;

import java.util.ArrayList;
import java.util.List;

/** The kernel's lists of CPUs: {@code 0-3,7}. */
final class CpuList {
  private static final int MAX_CPU = 1 << 16;

  private CpuList() {}

  static List<Integer> parse(String list) throws MalformedException {
    List<Integer> out = new ArrayList<>();
    for (String part : list.split(",")) {
      if (part.isEmpty()) {
        continue;
      }
      int dash = part.indexOf('-');
      Long first = Numbers.whole(dash < 0 ? part : part.substring(0, dash));
      Long last = dash < 0 ? first : Numbers.whole(part.substring(dash + 1));
      if (first == null || last == null || first < 0 || last > MAX_CPU) {
        throw new MalformedException("\"" + part + "\" is not a range of CPUs");
      }
      for (long i = first; i <= last; i++) {
        out.add((int) i);
      }
    }
    return out;
  }
}
