package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;

/**
 * Reads a region or project of a cloud once and lists its parts, with policies for missing ones.
 */
final class CloudCheck {
  private CloudCheck() {}

  /**
   * Reads a region or project and adds the result as a table.
   *
   * @return whether all was read
   */
  static boolean run(CloudReader reader, StringBuilder out) {
    CloudReading r;
    try {
      r = reader.read();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    out.append(reader.cloud()).append(' ').append(reader.place()).append('\n');
    boolean whole = true;
    for (CloudReading.Part p : r.parts()) {
      whole &= p.isRead();
      DatabaseCheck.row(out, p.name(), p.isRead() ? "ok" : "missing", p.problem());
      if (!p.remedy().isEmpty()) {
        DatabaseCheck.row(out, "", "", "remedy: " + p.remedy());
      }
    }
    DatabaseCheck.row(out, "databases", Integer.toString(r.databases().size()), "");
    return whole;
  }
}
