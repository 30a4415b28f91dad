package dev.tethys.pipeline.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.VolumeAttribute;
import dev.tethys.pipeline.volume.VolumePoint;
import dev.tethys.pipeline.volume.VolumeSettings;
import dev.tethys.pipeline.volume.Volumes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Values that a process names to its control plane. */
class VolumesReportTest {
  private static final int LIMIT = 30;

  private long now;
  private final Volumes volumes = new Volumes();
  private final RecentVolumes recent = new RecentVolumes(() -> now);

  private void pass(VolumePoint p, String service, long bytes) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    s.items().add(new LogRecord());
    r.scopes().add(s);
    d.resources().add(r);
    p.pass(Batch.of(Signal.LOGS, d, 0, Metadata.NONE), bytes);
  }

  private List<String> report() {
    String json = VolumesJson.report(volumes, ProcessBalance.of(List.of(), () -> 0), recent, LIMIT);
    List<String> out = new ArrayList<>();
    for (JsonNode row : JsonMapper.shared().readTree(json).path("by").path("service.name")) {
      out.add(row.path(0).asString(""));
    }
    return out;
  }

  @Test
  void ranksANoisyServiceSoonAfterAQuietPeriod() {
    volumes.configure(
        new VolumeSettings(true, List.of(VolumeAttribute.parse("service.name")), 200));
    VolumePoint p = volumes.in("otlp", Signal.LOGS);
    for (int i = 0; i < 60; i++) {
      pass(p, "old" + i, 1_000_000_000L + i);
    }
    now += Duration.ofDays(10).toNanos();
    report();
    for (int second = 10; second <= 60; second += 10) {
      now += Duration.ofSeconds(10).toNanos();
      for (int i = 0; i < 30; i++) {
        pass(p, "old" + i, 1_000);
      }
      pass(p, "new", 50_000);
    }
    List<String> names = report();
    assertThat(names).contains("new", Volumes.OTHER);
    assertThat(names).as("with the most bytes since the start").contains("old59", "old58");
    assertThat(names).hasSize(LIMIT + LIMIT / 3 + 1);
    assertThat(report()).as("nothing has come").isEqualTo(names);
  }
}
