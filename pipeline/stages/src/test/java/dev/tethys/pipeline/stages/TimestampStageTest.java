package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class TimestampStageTest {
  private static final String YAML =
      "- regex: {expression: '^(?P<ts>\\S+)'}\n- timestamp: {source: ts, format: ";

  @Test
  void setsTheTimestamp() {
    Rig rig = new Rig(YAML + "RFC3339}");
    assertThat(rig.one("2012-11-01T22:08:41-04:00 x").timestamp()).isEqualTo(1351822121000000000L);
  }

  @Test
  void triesFallbackFormats() {
    Rig rig = new Rig(YAML + "UnixMs, fallback_formats: [Unix, RFC3339], action_on_failure: skip}");
    assertThat(rig.one("1562708916919 x").timestamp()).isEqualTo(1562708916919000000L);
    assertThat(rig.one("1562708916.5 x").timestamp()).isEqualTo(1562708916500000000L);
    assertThat(rig.run(9, "x").getFirst().timestamp()).isEqualTo(9);
  }

  @Test
  void failuresFollowTheLastValidTimeOfTheirLabels() {
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
  void evictsStreamsAboveTheLimit() {
    Rig rig = new Rig(YAML + "UnixNs}");
    for (int i = 0; i <= TimestampStage.MAX_STREAMS; i++) {
      rig.run("1000", "s", "" + i);
    }
    assertThat(rig.run(5, "bad", "s", "0").getFirst().timestamp()).isEqualTo(5);
    assertThat(rig.run(5, "bad", "s", "1").getFirst().timestamp()).isEqualTo(1001);
  }

  /** Covers Java's format letters, which Promtail accepts silently. */
  @Test
  void warnsOfFormatsThatParseNoTime() {
    List<String> warnings = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            warnings.add(MessageFormat.format(r.getMessage(), r.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger(TimestampStage.class.getName());
    log.addHandler(handler);
    try {
      new Rig(YAML + "UnixMs, fallback_formats: [RFC822, '02/Jan/2006:15:04:05']}");
      assertThat(warnings).isEmpty();
      new Rig(YAML + "\"YYYY-MM-DD'T'HH:mm:ss,SSS\"}");
      assertThat(warnings)
          .singleElement()
          .asString()
          .contains("\"YYYY-MM-DD'T'HH:mm:ss,SSS\" parses no time", "2006-01-02T15:04:05.000");
    } finally {
      log.removeHandler(handler);
    }
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts}"))
        .hasMessageContaining("\"format\" is required");
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts, format: ''}"))
        .hasMessageContaining("must not be empty");
    assertThatThrownBy(() -> new Rig("- timestamp: {source: ts, format: Unix, location: Mars/X}"))
        .hasMessageContaining("unknown time zone \"Mars/X\"");
    assertThatThrownBy(
            () -> new Rig("- timestamp: {source: ts, format: Unix, action_on_failure: guess}"))
        .hasMessageContaining("allowed: fudge, skip");
  }
}
