package dev.tethys.insight.graph.query;

import java.util.List;

/**
 * Service with the requests that it serves, and the containers in which it runs.
 *
 * @param entry true if it takes requests; a service that only sends some has no figures
 * @param rate requests a second
 * @param failed failed requests a second
 * @param operations its busiest operations, or protocols where only the node agent sees it
 * @param containers those that the node agent sees
 * @param observed true if only the node agent sees it, and no spans
 */
public record Service(
    String name,
    boolean entry,
    double rate,
    double failed,
    Latency latency,
    List<Operation> operations,
    List<Container> containers,
    boolean observed) {

  /**
   * Request rate of one operation.
   *
   * @param rate requests a second
   */
  public record Operation(String name, double rate) {}

  /**
   * Container on a machine.
   *
   * @param id path of its control group, {@code /docker/nginx} or {@code /system.slice/x.service}
   * @param application id of its application in Kubernetes, "" elsewhere
   */
  public record Container(String machine, String id, String application, String image) {
    /** Returns the service name used in spans from a node agent. */
    String service() {
      return application.isEmpty() ? id : application;
    }
  }
}
