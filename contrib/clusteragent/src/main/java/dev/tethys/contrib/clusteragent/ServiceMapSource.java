package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.exporter.ObservedDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Databases of the service map of the server in which the agent runs. */
final class ServiceMapSource implements TargetSource {
  private static final String NAME = "service map";

  private final Supplier<List<ObservedDatabase>> observed;

  ServiceMapSource(Supplier<List<ObservedDatabase>> observed) {
    this.observed = observed;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<FoundDatabase> databases() {
    List<FoundDatabase> out = new ArrayList<>();
    for (ObservedDatabase d : observed.get()) {
      DatabaseEngine engine = DatabaseEngine.ofSystem(d.system());
      if (engine != null && FoundDatabase.isHost(d.host())) {
        out.add(
            new FoundDatabase(engine, d.host(), d.port(), d.name(), NAME, null, "", d.addresses()));
      }
    }
    return out;
  }
}
