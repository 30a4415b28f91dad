package dev.tethys.collect.host.internal;

import java.io.IOException;

/** Free blocks of memory by size from /proc/buddyinfo. */
final class BuddyinfoCollector implements NodeCollector {
  private static final Desc BLOCKS =
      Desc.gauge(
          "node_buddyinfo_blocks",
          "Count of free blocks according to size.",
          "node",
          "zone",
          "size");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("buddyinfo"));
    while (t.nextLine()) {
      t.needField(); // Node
      t.needField();
      String node = withoutComma(t.field());
      t.needField(); // zone
      t.needField();
      String zone = withoutComma(t.field());
      for (int size = 0; t.nextField(); size++) {
        out.add(BLOCKS, t.number(), node, zone, Integer.toString(size));
      }
    }
  }

  private static String withoutComma(String s) {
    return s.endsWith(",") ? s.substring(0, s.length() - 1) : s;
  }
}
