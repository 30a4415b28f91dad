package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.receiver.kubernetes.Quantity;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The CPUs and bytes of memory that a node has, followed at the API of its cluster. */
final class NodeCapacity {
  private static final System.Logger LOG = JulLogger.of(NodeCapacity.class.getName());

  /** CPUs and bytes; 0 while that is not known. */
  record Capacity(double cpus, double memory) {
    static final Capacity UNKNOWN = new Capacity(0, 0);

    static Capacity of(JsonNode node) {
      JsonNode c = node.path("status").path("capacity");
      return new Capacity(
          Quantity.number(c.path("cpu").asString("")),
          Quantity.number(c.path("memory").asString("")));
    }
  }

  private final String name;
  private final Thread thread;
  private volatile Capacity now = Capacity.UNKNOWN;

  /**
   * @param name of the receiver, as logs have it
   */
  NodeCapacity(String name, String node, ClusterAccess access, ResourceWatch.Sender sender) {
    this.name = name;
    ResourceWatch<Capacity> watch =
        new ResourceWatch<>(
            new ResourceWatch.Scope("/api/v1/nodes", "", "metadata.name=" + node, false),
            new ResourceWatch.Connection(access, sender, Thread::sleep),
            new NodeListener());
    this.thread = watch.thread(name + " node");
  }

  Capacity now() {
    return now;
  }

  void start() {
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  /** Of one node only. */
  private final class NodeListener implements ResourceWatch.Sink<Capacity> {
    private final FailureLog failures = new FailureLog();

    @Override
    public Capacity keep(JsonNode object) {
      return Capacity.of(object);
    }

    @Override
    public void replace(Map<String, Capacity> all) {
      failures.succeeded();
      now = all.values().stream().findFirst().orElse(Capacity.UNKNOWN);
    }

    @Override
    public void put(String key, Capacity object) {
      failures.succeeded();
      now = object;
    }

    @Override
    public void remove(String key) {
      now = Capacity.UNKNOWN;
    }

    @Override
    public void synced() {
      if (now.equals(Capacity.UNKNOWN)) {
        LOG.log(Level.WARNING, "{0}: the cluster has no such node, or knows no capacity", name);
      }
    }

    @Override
    public void failed(String what, String reason) {
      if (failures.isNew(reason)) { // it is tried twice a minute
        LOG.log(Level.WARNING, "{0}: cannot {1}, and it is tried again: {2}", name, what, reason);
      }
    }
  }
}
