package dev.tethys.pipeline.extension.leader;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.web.kubernetes.LeaseElection;
import java.time.Duration;

/**
 * Settings of a {@code k8s_leader_elector}.
 *
 * @param lease its name
 * @param duration time after which a lease that is not renewed expires
 * @param deadline time within which the leader must renew it
 * @param retry interval between attempts
 */
public record LeaderElectorConfig(
    ClusterSettings access,
    String namespace,
    String lease,
    Duration duration,
    Duration deadline,
    Duration retry) {
  private static final Section SECTION =
      new Section("k8s_leader_elector", "Elects the active replica with a Kubernetes Lease.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final Key<String> NAME =
      SECTION.required("lease_name", Type.STRING, "Name of the lease.");
  private static final Key<String> NAMESPACE =
      SECTION.required("lease_namespace", Type.STRING, "Namespace of the lease.");
  private static final Key<Duration> DURATION =
      SECTION.key(
          "lease_duration",
          GoDurations.TYPE,
          Duration.ofSeconds(15),
          "Duration after which another replica may acquire a lease that was not " + "renewed.");
  private static final Key<Duration> DEADLINE =
      SECTION.key(
          "renew_deadline",
          GoDurations.TYPE,
          Duration.ofSeconds(10),
          "Duration after which a leader that has not renewed the lease loses it.");
  private static final Key<Duration> RETRY =
      SECTION.key(
          "retry_period",
          GoDurations.TYPE,
          Duration.ofSeconds(2),
          "Interval between attempts to acquire or renew the lease.");

  static final Type<LeaderElectorConfig> TYPE = SECTION.type(LeaderElectorConfig::read);

  private static LeaderElectorConfig read(YamlObject o) {
    if (!o.get(NAME).matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?")) {
      throw o.error(NAME, "\"" + o.get(NAME) + "\" is not a valid lease name");
    }
    if (!o.get(NAMESPACE).matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
      throw o.error(NAMESPACE, "\"" + o.get(NAMESPACE) + "\" is not a valid namespace name");
    }
    Duration duration = o.get(DURATION);
    Duration deadline = o.get(DEADLINE);
    Duration retry = o.get(RETRY);
    if (duration.toSeconds() < 1) {
      throw o.error(
          DURATION, "lease_duration must be at least 1s, because leases have whole " + "seconds");
    }
    if (Duration.ofSeconds(duration.toSeconds()).compareTo(deadline) <= 0) {
      throw o.error(DEADLINE, "renew_deadline must be less than lease_duration");
    }
    if (!retry.isPositive() || deadline.toMillis() * 10 <= retry.toMillis() * 12) {
      throw o.error(
          RETRY,
          "retry_period must be greater than 0, and 1.2 times its value less than renew_deadline");
    }
    return new LeaderElectorConfig(
        ACCESS.read(o), o.get(NAMESPACE), o.get(NAME), duration, deadline, retry);
  }

  LeaseElection.Terms terms(String identity) {
    return new LeaseElection.Terms(namespace, lease, identity, duration, deadline, retry);
  }
}
