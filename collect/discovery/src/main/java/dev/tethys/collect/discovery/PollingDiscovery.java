package dev.tethys.collect.discovery;

import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Discovery that polls its source. Groups no longer returned by the source are removed. */
public final class PollingDiscovery implements Discovery {
  private static final System.Logger LOG = JulLogger.of(PollingDiscovery.class.getName());

  /** Queries the source once. */
  @FunctionalInterface
  public interface Source {
    /**
     * All current groups, the same list as before if nothing has changed; after an exception the
     * previous groups stay in effect.
     */
    List<TargetGroup> refresh() throws Exception;
  }

  private final String mechanism;
  private final Duration interval;
  private final Source source;
  private final DiscoveryContext context;
  private Set<String> known = Set.of();
  private List<TargetGroup> last = List.of();

  public PollingDiscovery(
      String mechanism, Duration interval, Source source, DiscoveryContext context) {
    this.mechanism = mechanism;
    this.interval = interval;
    this.source = source;
    this.context = context;
  }

  Source source() {
    return source;
  }

  @Override
  public void run(Sink sink) throws InterruptedException {
    while (true) {
      refreshOnce(sink);
      context.pause().pause(interval);
    }
  }

  private void refreshOnce(Sink sink) throws InterruptedException {
    long start = System.nanoTime();
    try {
      List<TargetGroup> groups = source.refresh();
      if (groups == last && !groups.isEmpty()) {
        sink.update(List.of());
        return;
      }
      List<TargetGroup> out = new ArrayList<>(groups);
      Set<String> now = new HashSet<>();
      out.forEach(g -> now.add(g.source()));
      for (String former : known) {
        if (!now.contains(former)) {
          out.add(TargetGroup.removed(former));
        }
      }
      known = now;
      last = groups;
      sink.update(out);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      context.metrics().refreshFailed(mechanism);
      LOG.log(
          Level.WARNING,
          "{0} discovery failed, keeping its last targets: {1}",
          mechanism,
          e.getMessage());
    } finally {
      context.metrics().refreshed(mechanism, System.nanoTime() - start);
    }
  }
}
