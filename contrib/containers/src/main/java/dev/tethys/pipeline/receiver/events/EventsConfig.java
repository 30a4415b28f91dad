package dev.tethys.pipeline.receiver.events;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receiver settings.
 *
 * @param elector whether this replica is the leader; null for always active
 * @param namespaces namespaces whose events are collected; empty for all
 */
public record EventsConfig(
    ClusterSettings access, @Nullable Reference elector, List<String> namespaces) {
  private static final Section SECTION =
      new Section("k8s_events", "Collects the events of a Kubernetes cluster.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final Key<List<String>> NAMESPACES =
      SECTION.key(
          "namespaces", Type.list(Type.STRING), List.of(), "Observed namespaces; all if empty.");

  private static final Key<Reference> ELECTOR = ElectedReceiver.elector(SECTION);

  /** Negative values have a meaning in the Collector. */
  private static final Key<Duration> DEDUP =
      SECTION.key(
          "dedup_interval",
          Type.of("duration", Duration.ZERO, n -> n.parse(GoDurations::parse)),
          Duration.ZERO,
          "Deduplication interval; only 0s, which emits each state of an event.");

  static {
    SECTION.notBuilt("storage", "Storage of resource versions between starts.");
  }

  static final Type<EventsConfig> TYPE = SECTION.type(EventsConfig::read);

  private static EventsConfig read(YamlObject o) {
    for (String n : o.get(NAMESPACES)) {
      if (!n.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
        throw o.error(NAMESPACES, "\"" + n + "\" is not a valid namespace name");
      }
    }
    YamlNode dedup = o.at(DEDUP);
    if (dedup != null && !o.get(DEDUP).isZero()) {
      dedup.notBuilt(dedup.path());
    }
    return new EventsConfig(
        ACCESS.read(o), o.find(ELECTOR), List.copyOf(new LinkedHashSet<>(o.get(NAMESPACES))));
  }
}
