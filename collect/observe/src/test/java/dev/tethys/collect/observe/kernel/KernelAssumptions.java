package dev.tethys.collect.observe.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;

/** Conditions of tests that run programs in the kernel of this machine. */
public final class KernelAssumptions {
  private KernelAssumptions() {}

  /** Skips the test unless the kernel loads the group; the reason is in the report. */
  public static void assumeLoads(String group) {
    String refusal = "";
    try {
      LoadedPrograms.load(group, Map.of()).close();
    } catch (ProgramLoadException e) {
      refusal = String.valueOf(e.getMessage());
    }
    assumeTrue(refusal.isEmpty(), refusal);
  }
}
