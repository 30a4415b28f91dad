package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.exporter.ObservedDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Databases of the service map of the server in which the agent runs. A database that stops is read
 * for {@link #KEPT} more, so that its failure is seen, unless its name is at another address.
 */
final class ServiceMapSource implements TargetSource {
  static final Duration KEPT = Duration.ofMinutes(30);

  private static final int MAX_SEEN = 2 * TargetMerge.MAX_FOUND;
  private static final String NAME = "service map";

  private final Supplier<List<ObservedDatabase>> observed;
  private final InstantSource clock;

  @GuardedBy("this")
  private final LinkedHashMap<String, Seen> seen = new LinkedHashMap<>();

  /** Database and the time at which it was last in the service map. */
  private record Seen(FoundDatabase database, Instant at) {}

  ServiceMapSource(Supplier<List<ObservedDatabase>> observed, InstantSource clock) {
    this.observed = observed;
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public synchronized List<FoundDatabase> databases() {
    Instant now = clock.instant();
    Set<String> present = new HashSet<>();
    for (ObservedDatabase d : observed.get()) {
      DatabaseEngine engine = DatabaseEngine.ofSystem(d.system());
      if (engine != null && FoundDatabase.isHost(d.host())) {
        FoundDatabase f =
            new FoundDatabase(engine, d.host(), d.port(), d.name(), NAME, null, "", d.addresses());
        seen.putLast(f.address(), new Seen(f, now));
        present.add(f.name());
      }
    }
    seen.values()
        .removeIf(
            s ->
                !s.at().equals(now)
                    && (present.contains(s.database().name()) || s.at().plus(KEPT).isBefore(now)));
    // Those that have gone are the first to be left out.
    List<FoundDatabase> out = new ArrayList<>();
    seen.values().stream().filter(s -> s.at().equals(now)).forEach(s -> out.add(s.database()));
    seen.values().stream().filter(s -> !s.at().equals(now)).forEach(s -> out.add(s.database()));
    while (seen.size() > MAX_SEEN) {
      seen.pollFirstEntry();
    }
    return out;
  }
}
