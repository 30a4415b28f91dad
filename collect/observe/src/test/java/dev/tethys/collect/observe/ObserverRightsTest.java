package dev.tethys.collect.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ObserverRightsTest {
  @Test
  void rootHasAllRights() {
    assertThat(ObserverRights.missingIn("Name:\tjava\nCapEff:\t000001ffffffffff\n")).isEmpty();
  }

  @Test
  void namesMissingCapabilities() {
    assertThat(ObserverRights.missingIn("CapEff:\t0000000000000000\n"))
        .isEqualTo("this process has no CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE; start it as root");
    // Docker's default set.
    assertThat(ObserverRights.missingIn("CapEff:\t00000000a80425fb\n"))
        .contains("CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE");
  }

  @Test
  void administratorRightIncludesItsSuccessors() {
    assertThat(ObserverRights.missingIn("CapEff:\t0000000000200000\n"))
        .isEqualTo("this process has no CAP_SYS_PTRACE; start it as root");
    assertThat(ObserverRights.missingIn("CapEff:\t0000000000280000\n")).isEmpty();
  }
}
