package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.wire.Deadline;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a database once and lists the readable figures, and the remedies for others. */
final class DatabaseCheck {
  private static final int READINGS = 2;
  private static final int COLUMN = 34;

  private DatabaseCheck() {}

  /**
   * Reads a database and adds the result as a table.
   *
   * @return whether all was read
   */
  static boolean run(DatabaseTarget target, StringBuilder out) {
    out.append(target);
    if (!target.foundBy().isEmpty()) {
      out.append(" (found by ").append(target.foundBy()).append(')');
    }
    out.append('\n');
    DatabaseTarget.Obstacle obstacle = target.obstacle();
    if (obstacle != null) {
      row(out, "connection", "not made", obstacle.text());
      return false;
    }
    Map<String, DatabaseReading.Part> parts = new LinkedHashMap<>();
    int metrics = 0;
    try (DatabaseReader reader = target.engine().open(target.server())) {
      // The second reading has the parts that need a difference of two.
      for (int i = 0; i < READINGS; i++) {
        DatabaseReading r = reader.read(Deadline.in(target.timeout()));
        r.parts().forEach(p -> parts.put(p.name(), p));
        metrics = r.families().stream().mapToInt(f -> f.metrics().size()).sum();
      }
    } catch (ReadingException e) {
      row(out, "connection", "failed", e.failure().text() + ": " + e.getMessage());
      return false;
    }
    boolean whole = true;
    for (DatabaseReading.Part p : parts.values()) {
      whole &= p.isRead();
      row(out, p.name(), p.isRead() ? "ok" : "missing", p.problem());
      if (!p.remedy().isEmpty()) {
        row(out, "", "", "remedy: " + p.remedy());
      }
    }
    row(out, "metrics", Integer.toString(metrics), "");
    return whole;
  }

  /** Adds a row of the table. */
  static void row(StringBuilder out, String name, String state, String text) {
    String line =
        "  "
            + name
            + " ".repeat(Math.max(1, COLUMN - name.length()))
            + state
            + " ".repeat(Math.max(1, 9 - state.length()))
            + text;
    out.append(line.stripTrailing()).append('\n');
  }
}
