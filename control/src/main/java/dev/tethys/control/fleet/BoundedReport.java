package dev.tethys.control.fleet;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.control.text.Texts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/** Bounds of the strings and lists that agents report about themselves. */
final class BoundedReport {
  private static final int MAX_LABELS = 128;
  private static final int MAX_NAME = 256;
  private static final int MAX_VALUE = 1024;
  private static final int MAX_DEPTH = 4;
  private static final int MAX_PACKAGES = 16;

  /** Maximum number of components whose health is kept per agent, over all levels. */
  static final int MAX_PARTS = 500;

  private BoundedReport() {}

  /** Returns the labels of a description, identifying ones first. */
  static Map<String, String> labels(AgentToServer.Description d) {
    Map<String, String> out = new TreeMap<>();
    put(out, d.identifying());
    put(out, d.others());
    return out;
  }

  private static void put(Map<String, String> into, Map<String, String> from) {
    for (Map.Entry<String, String> e : from.entrySet()) {
      if (into.size() >= MAX_LABELS) {
        return;
      }
      into.put(Texts.shortened(e.getKey(), MAX_NAME), Texts.shortened(e.getValue(), MAX_VALUE));
    }
  }

  static AgentToServer.RemoteStatus of(AgentToServer.RemoteStatus s) {
    byte[] hash = s.hash().length > 96 ? new byte[0] : s.hash();
    return new AgentToServer.RemoteStatus(hash, s.state(), Texts.shortened(s.error(), 4096));
  }

  static PackageStatuses of(PackageStatuses s) {
    SequencedMap<String, PackageStatuses.Status> all = new TreeMap<>();
    s.packages()
        .forEach(
            (name, p) -> {
              if (all.size() < MAX_PACKAGES) {
                all.put(
                    Texts.shortened(name, MAX_NAME),
                    new PackageStatuses.Status(
                        Texts.shortened(p.hasVersion(), MAX_NAME),
                        bounded(p.hasHash()),
                        Texts.shortened(p.offeredVersion(), MAX_NAME),
                        bounded(p.offeredHash()),
                        p.state(),
                        Texts.shortened(p.error(), MAX_VALUE),
                        p.percent()));
              }
            });
    return new PackageStatuses(
        all, bounded(s.offeredHash()), Texts.shortened(s.error(), MAX_VALUE));
  }

  private static byte[] bounded(byte[] hash) {
    return hash.length > 96 ? new byte[0] : hash;
  }

  static ComponentHealth of(ComponentHealth h) {
    return bounded(h, 0, new int[] {MAX_PARTS});
  }

  /**
   * Returns a copy of the health with bounded strings.
   *
   * @param left components that may be added, over all levels
   */
  private static ComponentHealth bounded(ComponentHealth h, int depth, int[] left) {
    Map<String, ComponentHealth> parts = new LinkedHashMap<>();
    if (depth < MAX_DEPTH) {
      for (Map.Entry<String, ComponentHealth> e : h.parts().entrySet()) {
        if (left[0]-- <= 0) {
          break;
        }
        parts.put(Texts.shortened(e.getKey(), MAX_NAME), bounded(e.getValue(), depth + 1, left));
      }
    }
    return withParts(h, parts);
  }

  static ComponentHealth withParts(ComponentHealth h, Map<String, ComponentHealth> others) {
    return new ComponentHealth(
        h.healthy(),
        h.startNanos(),
        Texts.shortened(h.error(), MAX_VALUE),
        Texts.shortened(h.status(), MAX_NAME),
        h.statusNanos(),
        others);
  }
}
