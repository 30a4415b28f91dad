package dev.tethys.collect.host.internal;

import java.util.ArrayList;
import java.util.List;

/** A line of /proc/swaps; sizes in bytes. */
record SwapDevice(String device, String type, double size, double used, double priority) {
  static List<SwapDevice> read(Text t) throws MalformedException {
    List<SwapDevice> out = new ArrayList<>();
    t.nextLine(); // headings
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String device = t.field();
      t.needField();
      String type = t.field();
      double size = t.nextUnsigned() * 1024;
      double used = t.nextUnsigned() * 1024;
      t.needField();
      out.add(new SwapDevice(device, type, size, used, t.number()));
    }
    return out;
  }
}
