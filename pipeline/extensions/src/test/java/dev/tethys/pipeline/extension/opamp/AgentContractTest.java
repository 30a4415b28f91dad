package dev.tethys.pipeline.extension.opamp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.opamp.AgentContract;
import org.junit.jupiter.api.Test;

class AgentContractTest {
  @Test
  void agentsReturnWithinTheLongestAbsence() {
    assertThat(ControlledAgent.PACE.longestAbsence())
        .isLessThanOrEqualTo(AgentContract.LONGEST_ABSENCE);
    assertThat(ReconnectBackoff.USUAL.longestAbsence()).isEqualTo(AgentContract.LONGEST_ABSENCE);
  }
}
