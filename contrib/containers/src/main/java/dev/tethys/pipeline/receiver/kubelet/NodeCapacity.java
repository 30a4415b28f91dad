package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Quantity;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The CPUs and bytes of memory that a node has, followed at the API of its cluster. */
final class NodeCapacity {
  private static final System.Logger LOG = JulLogger.of(NodeCapacity.class.getName());

  /** CPUs and bytes; 0 while unknown. */
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
  private final ResourceCache<Capacity> nodes;
  private final Thread thread;

  /**
   * @param name receiver name used in log lines
   */
  NodeCapacity(String name, String node, ClusterAccess access, ResourceWatch.Sender sender) {
    this.name = name;
    this.nodes =
        new ResourceCache<>(
            new ResourceWatch.Scope("/api/v1/nodes", "", "metadata.name=" + node, false),
            new ResourceWatch.Connection(access, sender, Thread::sleep),
            new NodeListener());
    this.thread = nodes.thread(name + " node");
  }

  Capacity now() {
    Map.Entry<String, Capacity> node = nodes.objects().firstEntry();
    return node == null ? Capacity.UNKNOWN : node.getValue();
  }

  void start() {
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  /** Cache listener for one node. */
  private final class NodeListener implements ResourceCache.Listener<Capacity> {
    private final FailureLog failures = new FailureLog();

    @Override
    public Capacity read(JsonNode object) {
      return Capacity.of(object);
    }

    @Override
    public void changed(List<ResourceCache.Change<Capacity>> changes) {
      failures.succeeded();
    }

    @Override
    public void synced() {
      if (now().equals(Capacity.UNKNOWN)) {
        LOG.log(Level.WARNING, "{0}: the cluster has no such node, or knows no capacity", name);
      }
    }

    @Override
    public void failed(String what, String reason) {
      if (failures.isNew(reason)) { // it is tried twice a minute
        LOG.log(Level.WARNING, "{0}: cannot {1}, retrying: {2}", name, what, reason);
      }
    }
  }
}
