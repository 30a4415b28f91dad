package dev.tethys.collect.observe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Capabilities of the process that observation needs. */
public final class ObserverRights {
  private static final int HEX = 16;

  /** Capability of Linux by its number. */
  private enum Capability {
    CAP_SYS_PTRACE(19),
    CAP_SYS_ADMIN(21),
    CAP_PERFMON(38),
    CAP_BPF(39);

    private final int bit;

    Capability(int bit) {
      this.bit = bit;
    }

    boolean isIn(long set) {
      return (set >>> bit & 1) != 0;
    }
  }

  private ObserverRights() {}

  /**
   * Reason why this process has not the rights to observe others by eBPF, with the remedy; empty if
   * it has them.
   *
   * @param proc mount point of /proc
   */
  public static String missing(Path proc) {
    String status;
    try {
      status = Files.readString(proc.resolve("self/status"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "there is no " + proc + "/self/status: observation needs Linux";
    }
    return missingIn(status);
  }

  static String missingIn(String status) {
    long effective = 0;
    for (String line : status.lines().toList()) {
      if (line.startsWith("CapEff:")) {
        effective = Long.parseUnsignedLong(line.substring(7).strip(), HEX);
      }
    }
    List<String> missing = new ArrayList<>();
    for (Capability c :
        List.of(Capability.CAP_BPF, Capability.CAP_PERFMON, Capability.CAP_SYS_PTRACE)) {
      // CAP_SYS_ADMIN includes the two that were split from it.
      if (!c.isIn(effective)
          && (c == Capability.CAP_SYS_PTRACE || !Capability.CAP_SYS_ADMIN.isIn(effective))) {
        missing.add(c.name());
      }
    }
    return missing.isEmpty()
        ? ""
        : "this process has no " + String.join(", ", missing) + "; start it as root";
  }
}
