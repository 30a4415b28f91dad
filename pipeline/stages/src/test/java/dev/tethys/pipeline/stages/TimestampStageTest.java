package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimestampStageTest {
  private static final String YAML =
      "- regex: {expression: '^(?P<ts>\\S+)'}\n- timestamp: {source: ts, format: ";

  @Test
  void aTimeIsSet() {
    Rig rig = new Rig(YAML + "RFC3339}");
    assertThat(rig.one("2012-11-01T22:08:41-04:00 x").timestamp()).isEqualTo(1351822121000000000L);
  }

  @Test
  void otherFormatsAreTried() {
    Rig rig = new Rig(YAML + "UnixMs, fallback_formats: [Unix, RFC3339], action_on_failure: skip}");
    assertThat(rig.one("1562708916919 x").timestamp()).isEqualTo(1562708916919000000L);
    assertThat(rig.one("1562708916.5 x").timestamp()).isEqualTo(1562708916500000000L);
    assertThat(rig.run(9, "x").getFirst().timestamp()).isEqualTo(9);
  }

  @Test
  void aFailureFollowsTheLastGoodTimeOfItsLabels() {
    Rig rig = new Rig(YAML + "UnixNs}");
    assertThat(rig.run(5, "bad", "s", "1").getFirst().timestamp()).isEqualTo(5);
    rig.run("1000", "s", "1");
    rig.run("2000", "s", "2");
    assertThat(rig.run(5, "bad", "s", "1").getFirst().timestamp()).isEqualTo(1001);
    assertThat(rig.run(5, "bad", "s", "1").getFirst().timestamp()).isEqualTo(1002);
    assertThat(rig.run(5, "bad", "s", "2").getFirst().timestamp()).isEqualTo(2001);
    assertThat(rig.run(5, "bad", "s", "3").getFirst().timestamp()).isEqualTo(5);
  }

  @Test
  void streamsAreForgottenWhenThereAreTooMany() {
    Rig rig = new Rig(YAML + "UnixNs}");
    for (int i = 0; i <= TimestampStage.MAX_STREAMS; i++) {
      rig.run("1000", "s", "" + i);
    }
    assertThat(rig.run(5, "bad", "s", "0").getFirst().timestamp()).isEqualTo(5);
    assertThat(rig.run(5, "bad", "s", "1").getFirst().timestamp()).isEqualTo(1001);
  }

  @Test
  void mistakesAreRefused() {
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts}"))
        .hasMessageContaining("\"format\" is required");
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts, format: ''}"))
        .hasMessageContaining("may not be empty");
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts, format: Unix, location: Mars/X}"))
        .hasMessageContaining("unknown time zone \"Mars/X\"");
    assertThatThrownBy(
            () -> new Rig("- timestamp: {source: ts, format: Unix, action_on_failure: guess}"))
        .hasMessageContaining("allowed: fudge, skip");
  }
}
