package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.cloud.CloudReadings;
import dev.tethys.collect.cloud.CloudState;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Databases of clouds. Those that an entry of {@code credentials} fits are read. */
final class CloudSource implements TargetSource {
  private static final String NAME = "cloud";

  private final CloudReadings readings;

  CloudSource(CloudReadings readings) {
    this.readings = readings;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<FoundDatabase> databases() {
    List<FoundDatabase> out = new ArrayList<>();
    for (CloudDatabase d : readings.databases()) {
      for (DatabaseEngine engine : DatabaseEngine.values()) {
        if (engine.text().equals(d.engine()) && d.port() > 0 && FoundDatabase.isHost(d.host())) {
          Set<String> others =
              d.ipv4().isEmpty() || d.ipv4().equals(d.host())
                  ? Set.of()
                  : Set.of(d.ipv4() + ":" + d.port());
          out.add(
              new FoundDatabase(
                  engine,
                  d.host(),
                  d.port(),
                  d.name(),
                  NAME + " " + d.service(),
                  null,
                  "",
                  others,
                  true)); // an account may have many that are no concern of this agent
        }
      }
    }
    return out;
  }

  @Override
  public String problem() {
    List<String> out = new ArrayList<>();
    for (CloudState s : readings.states()) {
      if (s.status() == CloudState.Status.FAILING || s.status() == CloudState.Status.THROTTLED) {
        out.add(s.cloud() + " " + s.place() + " is " + s.status().text());
      }
    }
    return out.isEmpty() ? "" : String.join(", ", out) + "; see /api/v1/clouds";
  }
}
